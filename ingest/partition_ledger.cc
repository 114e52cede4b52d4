#include "ingest/partition_ledger.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/bytes.h"
#include "core/check.h"

namespace millrace {
namespace {

constexpr std::uint8_t kPartitionVersion = 1;
constexpr std::uint8_t kSeenIdVersion = 1;
constexpr int kPartitionKeyBytes = 5;
constexpr int kSlotBytes = 4;

Error other_version(const std::string& table, std::uint8_t found, std::uint8_t expected) {
  return stop_error(ErrorCode::kInvalid, "reading table " + table + ": found a row of version " +
                                             std::to_string(found) + ", expected " + std::to_string(expected) +
                                             "; run the version that wrote it");
}

Error damaged(const std::string& table) {
  return stop_error(ErrorCode::kCorruption,
                    "reading table " + table + ": found a row that does not parse; restore the store from a backup");
}

std::string encode_seen(std::uint64_t number, std::string_view id) {
  ByteWriter out;
  out.u8(kSeenIdVersion);
  out.varint(number);
  out.string(id);
  return out.take();
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

Result<bool> PartitionLedger::load(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kPartitions, key_));
  if (!row.has_value()) return false;
  MILLRACE_ASSIGN_OR_RETURN(state_, decode_partition(*row));
  MILLRACE_RETURN_IF_ERROR(load_ids(store));
  return true;
}

Status PartitionLedger::load_ids(const Store& store) {
  std::vector<Slot> rows;
  std::vector<std::string> keys;
  std::optional<Error> problem;
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kSeenIds, key_, key_, [&](std::string_view key, std::string_view value) {
    ByteReader in(value);
    const std::uint8_t version = in.u8();
    const std::uint64_t number = in.varint();
    std::string id(in.string());
    if (version != kSeenIdVersion) {
      problem = other_version("seen_ids", version, kSeenIdVersion);
    } else if (!in.done() || key.size() != kPartitionKeyBytes + kSlotBytes || number >= state_.seen_slots) {
      problem = damaged("seen_ids");
    }
    rows.push_back({number, std::move(id)});
    keys.emplace_back(key);
    return !problem.has_value();
  }));
  if (problem.has_value()) return std::move(*problem);
  realign(std::move(rows), std::move(keys));
  return Ok{};
}

void PartitionLedger::realign(std::vector<Slot> rows, std::vector<std::string> old_keys) {
  const std::uint64_t first = state_.seen_slots > window_ ? state_.seen_slots - window_ : 0;
  ring_.resize(std::min<std::uint64_t>(window_, state_.seen_slots));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool kept = rows[i].number >= first && window_ > 0;
    const std::uint64_t slot = kept ? rows[i].number % window_ : 0;
    const bool stays = kept && slot_key(slot) == old_keys[i];
    if (!stays) erased_keys_.push_back(std::move(old_keys[i]));
    if (!kept) continue;
    if (!stays) changed_slots_.push_back(slot);
    ids_.insert(rows[i].id);
    ring_[slot] = std::move(rows[i]);
  }
}

std::string PartitionLedger::slot_key(std::uint64_t slot) const {
  std::string key = key_;
  append_key(key, slot, kSlotBytes);
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
  const std::uint64_t number = state_.seen_slots++;
  const std::uint64_t slot = number % window_;
  if (slot >= ring_.size()) ring_.resize(slot + 1);
  ids_.erase(ring_[slot].id);
  ids_.insert(event.event_id);
  ring_[slot] = {number, event.event_id};
  changed_slots_.push_back(slot);
}

void PartitionLedger::flush(WriteBatch& batch) {
  for (std::string& key : erased_keys_) batch.erase(Table::kSeenIds, std::move(key));
  std::sort(changed_slots_.begin(), changed_slots_.end());
  changed_slots_.erase(std::unique(changed_slots_.begin(), changed_slots_.end()), changed_slots_.end());
  for (const std::uint64_t slot : changed_slots_) {
    batch.put(Table::kSeenIds, slot_key(slot), encode_seen(ring_[slot].number, ring_[slot].id));
  }
  if (changed_) batch.put(Table::kPartitions, key_, encode_partition(state_));
  erased_keys_.clear();
  changed_slots_.clear();
  changed_ = false;
}

}  // namespace millrace
