// Partitions whose users get no lists yet, because the state here is behind what a list of them may have known, or
// because the group does not know yet that they are here. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "core/time.h"
#include "ingest/ingest.h"
#include "kafka/client.h"

namespace millrace {

class PartitionHolds {
 public:
  // Both must outlive this.
  PartitionHolds(const Ingest& ingest, const Clock& clock) : ingest_(ingest), clock_(clock) {}

  // Until everything before `end` is applied. Where nothing comes any more everything before `known` is enough: the
  // last offsets of a topic may be no records, but markers of transactions.
  void hold(TopicPartition partition, Offset known, Offset end);
  void clear() { held_.clear(); }

  // Whether it is held and still behind.
  bool is_behind(TopicPartition partition) const;
  // Whether any has caught up. Notes how far they are.
  bool any_caught_up();
  void release_caught_up();
  // Records to apply until none is behind.
  std::uint64_t records() const;
  // Numbers of assigned partitions none of which is held, of any topic; where the topics are not cut `alike`, a user's
  // events may be in any of them.
  std::set<PartitionIndex> free_partitions(bool alike) const;

 private:
  struct Held {
    Offset known{};
    Offset end{};
    Offset seen{};  // how far it was
    Millis since;   // and since when
  };
  Offset next_of(TopicPartition partition) const;
  bool caught_up(TopicPartition partition, const Held& held) const;

  const Ingest& ingest_;
  const Clock& clock_;
  std::map<TopicPartition, Held> held_;
};

}  // namespace millrace
