// Where to start reading a partition: the one place that decides between the store's offset, the group's and the
// topic's ends, so that no record is lost or repeated silently.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/config.h"
#include "core/result.h"
#include "kafka/client.h"

namespace millrace {

struct StartFacts {
  std::optional<Offset> local;      // the store's: everything before it has been applied
  std::optional<Offset> committed;  // the group's
  Watermarks marks;                 // what the topic holds: from low to just below high
  bool elsewhere = false;           // the group's was committed from another state directory
};

struct StartPolicy {
  StartPosition start = StartPosition::kEarliest;  // of a partition that nobody has read before
  bool rebuild = false;                            // begin again although the group has read it and the store has not
  MovedPartition moved = MovedPartition::kRefuse;
};

struct StartDecision {
  Offset next{};
  bool fresh = false;  // the store knows nothing of the partition yet
  // Records that the group counts as done and the store has not; they are applied (again) before lists go out.
  std::int64_t behind = 0;
};

// kGap, with the remedy, where going on would lose records or mix two topics' offsets. `partition` names it in the
// message.
Result<StartDecision> decide_start(const std::string& partition, const StartFacts& facts, const StartPolicy& policy);

}  // namespace millrace
