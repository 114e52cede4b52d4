// What admission keeps of one partition: its state row and the ids of the last events it applied. One thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
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

// Ids that a partition remembers: that of number `first`, counted over all it ever remembered, and those after it.
struct SeenIds {
  std::uint64_t first = 0;
  std::vector<std::string> ids;
  bool operator==(const SeenIds&) const = default;
};
std::string encode_seen_ids(const SeenIds& row);
// A row of any format of the store.
Result<SeenIds> decode_seen_ids(std::string_view key, std::string_view value);

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
  struct Row {
    std::uint64_t first = 0;
    std::uint64_t end = 0;  // after its last number
  };
  std::string row_key(std::uint64_t first) const;
  std::uint64_t first_remembered() const;  // number of the oldest id in the window
  Status load_ids(const Store& store);
  void take(SeenIds row);
  void remember(std::uint64_t number, std::string id);
  void flush_ids(WriteBatch& batch);

  std::string key_;
  std::size_t window_;
  PartitionState state_;
  std::vector<std::string> ring_;                        // by number modulo window_; grows to window_
  absl::flat_hash_map<std::string, std::uint64_t> ids_;  // id → its newest number
  std::deque<Row> rows_;                                 // in the store, ascending
  std::uint64_t stored_until_ = 0;                       // ids from this number on are in no row yet
  std::vector<std::string> erased_keys_;
  bool changed_ = false;
};

}  // namespace millrace
