#include "app/pipeline_holds.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr Millis kSilence{10'000};

}  // namespace

void PartitionHolds::hold(TopicPartition partition, Offset known, Offset end) {
  held_[partition] = {known, end, next_of(partition), clock_.now()};
}

Offset PartitionHolds::next_of(TopicPartition partition) const {
  const auto state = ingest_.partition(partition.topic, partition.partition);
  return state ? state->next : Offset{0};
}

bool PartitionHolds::caught_up(TopicPartition partition, const Held& held) const {
  const Offset next = next_of(partition);
  const bool silent = next == held.seen && clock_.now() - held.since > kSilence;
  return next >= held.end || (next >= held.known && silent);
}

bool PartitionHolds::is_behind(TopicPartition partition) const {
  const auto held = held_.find(partition);
  return held != held_.end() && !caught_up(partition, held->second);
}

bool PartitionHolds::any_caught_up() {
  bool any = false;
  for (auto& [partition, held] : held_) {
    any = any || caught_up(partition, held);
    const Offset next = next_of(partition);
    if (next != held.seen) held = {held.known, held.end, next, clock_.now()};
  }
  return any;
}

void PartitionHolds::release_caught_up() {
  std::erase_if(held_, [this](const auto& entry) { return caught_up(entry.first, entry.second); });
}

std::uint64_t PartitionHolds::records() const {
  std::int64_t records = 0;
  for (const auto& [partition, held] : held_) {
    records += std::max<std::int64_t>(0, raw(held.end) - raw(next_of(partition)));
  }
  return static_cast<std::uint64_t>(records);
}

std::set<PartitionIndex> PartitionHolds::free_partitions(bool alike) const {
  std::set<PartitionIndex> free;
  if (!alike && !held_.empty()) return free;
  for (const auto& [where, state] : ingest_.partitions()) free.insert(where.second);
  for (const auto& [partition, held] : held_) free.erase(partition.partition);
  return free;
}

}  // namespace millrace
