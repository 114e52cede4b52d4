// What admission keeps of one partition: its state row and the ids of the last events it applied. One thread.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "ingest/ingest.h"
#include "store/store.h"

namespace millrace {

// docs/formats.md, tables partitions and seen_ids.
std::string partition_key(TopicIndex topic, PartitionIndex partition);
std::string encode_partition(const PartitionState& state);
Result<PartitionState> decode_partition(std::string_view bytes);

class PartitionLedger {
 public:
  PartitionLedger(TopicIndex topic, PartitionIndex partition, std::size_t window)
      : key_(partition_key(topic, partition)), window_(window) {}

  // Reads what the store has of this partition; false: nothing.
  Result<bool> load(const Store& store);

  const PartitionState& state() const { return state_; }
  void start_at(Offset next);
  // The outcome of the record at `offset` is final.
  void count(Offset offset, Outcome outcome);
  // The event was applied: its id is remembered, the newest time moves.
  void accept(const Event& event);
  bool remembers(const std::string& event_id) const { return ids_.contains(event_id); }

  // Puts what changed since the last flush.
  void flush(WriteBatch& batch);

 private:
  struct Slot {
    std::uint64_t number = 0;  // of all ids ever remembered
    std::string id;
  };
  std::string slot_key(std::uint64_t slot) const;
  // The window was configured anew: every row moves to the slot it has now.
  void realign(std::vector<Slot> rows, std::vector<std::string> old_keys);
  Status load_ids(const Store& store);

  std::string key_;
  std::size_t window_;
  PartitionState state_;
  std::vector<Slot> ring_;  // grows to window_
  absl::flat_hash_set<std::string> ids_;
  std::vector<std::string> erased_keys_;
  std::vector<std::uint64_t> changed_slots_;
  bool changed_ = false;
};

}  // namespace millrace
