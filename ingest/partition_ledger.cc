#include "ingest/partition_ledger.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/bytes.h"
#include "core/check.h"

namespace millrace {
namespace {

constexpr std::uint8_t kPartitionVersion = 1;
constexpr std::uint8_t kOneId = 1;     // key: partition and slot
constexpr std::uint8_t kIdsInRow = 2;  // key: partition and number of the first
constexpr std::size_t kPartitionKeyBytes = 5;
constexpr std::size_t kSlotBytes = 4;
constexpr std::size_t kNumberBytes = 8;
constexpr std::uint64_t kIdsPerRow = 1'000;

Error other_version(const std::string& table, std::uint8_t found, std::uint8_t expected) {
  return stop_error(ErrorCode::kInvalid, "reading table " + table + ": found a row of version " +
                                             std::to_string(found) + ", expected " + std::to_string(expected) +
                                             "; run the version that wrote it");
}

Error damaged(const std::string& table) {
  return stop_error(ErrorCode::kCorruption,
                    "reading table " + table + ": found a row that does not parse; restore the store from a backup");
}

}  // namespace

std::string partition_key(TopicIndex topic, PartitionIndex partition) {
  std::string key;
  append_key(key, raw(topic), 1);
  append_key(key, static_cast<std::uint32_t>(raw(partition)), 4);
  return key;
}

std::string encode_partition(const PartitionState& state) {
  ByteWriter out;
  out.u8(kPartitionVersion);
  out.zigzag(raw(state.next));
  out.zigzag(state.newest.count);
  for (const std::uint64_t count : state.outcomes) out.varint(count);
  out.varint(state.seen_slots);
  return out.take();
}

Result<PartitionState> decode_partition(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  PartitionState state;
  state.next = Offset{in.zigzag()};
  state.newest = Millis{in.zigzag()};
  for (std::uint64_t& count : state.outcomes) count = in.varint();
  state.seen_slots = in.varint();
  if (version != kPartitionVersion) return other_version("partitions", version, kPartitionVersion);
  if (!in.done()) return damaged("partitions");
  return state;
}

std::string encode_seen_ids(const SeenIds& row) {
  ByteWriter out;
  out.u8(kIdsInRow);
  out.varint(row.ids.size());
  for (const std::string& id : row.ids) out.string(id);
  return out.take();
}

Result<SeenIds> decode_seen_ids(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const std::uint8_t version = in.u8();
  SeenIds row;
  if (version > kIdsInRow) return other_version("seen_ids", version, kIdsInRow);
  if (version == kOneId && key.size() == kPartitionKeyBytes + kSlotBytes) {
    row.first = in.varint();
    row.ids.emplace_back(in.string());
  } else if (version == kIdsInRow && key.size() == kPartitionKeyBytes + kNumberBytes) {
    row.first = read_key(key, kPartitionKeyBytes);
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) row.ids.emplace_back(in.string());
  }
  if (!in.done() || row.ids.empty()) return damaged("seen_ids");
  return row;
}

Result<bool> PartitionLedger::load(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kPartitions, key_));
  if (!row.has_value()) return false;
  MILLRACE_ASSIGN_OR_RETURN(state_, decode_partition(*row));
  MILLRACE_RETURN_IF_ERROR(load_ids(store));
  return true;
}

// What an older format has of them goes into rows of this one with the next flush.
Status PartitionLedger::load_ids(const Store& store) {
  stored_until_ = state_.seen_slots;
  std::optional<Error> problem;
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kSeenIds, key_, key_, [&](std::string_view key, std::string_view value) {
    auto row = decode_seen_ids(key, value);
    if (!row.ok()) {
      problem = std::move(row).error();
    } else if (row->ids.size() > state_.seen_slots - std::min(row->first, state_.seen_slots)) {
      problem = damaged("seen_ids");
    } else if (key == row_key(row->first)) {
      rows_.push_back({row->first, row->first + row->ids.size()});
      take(std::move(*row));
    } else {
      erased_keys_.emplace_back(key);
      stored_until_ = std::min(stored_until_, row->first);
      take(std::move(*row));
    }
    return !problem.has_value();
  }));
  if (problem.has_value()) return std::move(*problem);
  return Ok{};
}

std::uint64_t PartitionLedger::first_remembered() const {
  return state_.seen_slots > window_ ? state_.seen_slots - window_ : 0;
}

void PartitionLedger::take(SeenIds row) {
  for (std::size_t i = 0; i < row.ids.size(); ++i) {
    if (row.first + i >= first_remembered()) remember(row.first + i, std::move(row.ids[i]));
  }
}

void PartitionLedger::remember(std::uint64_t number, std::string id) {
  const std::uint64_t slot = number % window_;
  if (slot >= ring_.size()) ring_.resize(slot + 1);
  // An id of before a smaller window may be there twice.
  if (const auto former = ids_.find(ring_[slot]); former != ids_.end() && former->second + window_ == number) {
    ids_.erase(former);
  }
  std::uint64_t& newest = ids_[id];
  newest = std::max(newest, number);
  ring_[slot] = std::move(id);
}

std::string PartitionLedger::row_key(std::uint64_t first) const {
  std::string key = key_;
  append_key(key, first, kNumberBytes);
  return key;
}

void PartitionLedger::start_at(Offset next) {
  state_.next = next;
  changed_ = true;
}

void PartitionLedger::count(Offset offset, Outcome outcome) {
  MILLRACE_CHECK(offset >= state_.next);
  state_.next = Offset{raw(offset) + 1};
  ++state_.outcomes[static_cast<std::size_t>(outcome)];
  changed_ = true;
}

void PartitionLedger::accept(const Event& event) {
  state_.newest = std::max(state_.newest, event.event_time);
  if (event.event_id.empty() || window_ == 0) return;
  remember(state_.seen_slots++, event.event_id);
}

void PartitionLedger::flush(WriteBatch& batch) {
  flush_ids(batch);
  if (changed_) batch.put(Table::kPartitions, key_, encode_partition(state_));
  changed_ = false;
}

void PartitionLedger::flush_ids(WriteBatch& batch) {
  for (std::string& key : erased_keys_) batch.erase(Table::kSeenIds, std::move(key));
  erased_keys_.clear();
  for (; !rows_.empty() && rows_.front().end <= first_remembered(); rows_.pop_front()) {
    batch.erase(Table::kSeenIds, row_key(rows_.front().first));
  }
  stored_until_ = std::max(stored_until_, first_remembered());
  while (stored_until_ < state_.seen_slots) {
    SeenIds row{stored_until_, {}};
    const std::uint64_t end = std::min(row.first + kIdsPerRow, state_.seen_slots);
    for (; stored_until_ < end; ++stored_until_) row.ids.push_back(ring_[stored_until_ % window_]);
    batch.put(Table::kSeenIds, row_key(row.first), encode_seen_ids(row));
    rows_.push_back({row.first, end});
  }
}

}  // namespace millrace
