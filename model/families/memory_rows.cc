// The stored rows of the session memory: "s" by slot, "i" by item, "t" the counters.
#include "core/bytes.h"
#include "model/families/memory.h"
#include "model/families/row_error.h"

namespace millrace {
namespace {

constexpr std::string_view kSessionTable = "s";
constexpr std::string_view kItemTable = "i";
constexpr std::string_view kStateTable = "t";
constexpr std::uint8_t kRowVersion = 1;

}  // namespace

void MemoryFamily::save(const RowSink& sink, bool all) {
  const auto sessions = dirty_sessions_.take();
  const auto items = dirty_items_.take();
  for (const std::uint32_t slot : all ? all_rows(sessions_.size()) : sessions) save_session(sink, slot);
  for (const std::uint32_t index : all ? all_rows(items_seen_.size()) : items) save_item(sink, index);
  if (!dirty_state_ && !all) return;
  dirty_state_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(created_);
  row.varint(clock_);
  sink(kStateTable, "", row.take());
}

void MemoryFamily::save_session(const RowSink& sink, std::uint32_t slot) const {
  const Session& session = sessions_[slot];
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(session.key);
  row.varint(session.last);
  row.varint(session.items.size);
  for (const std::uint32_t item : session_lists_.view(session.items)) row.varint(item);
  sink(kSessionTable, key_u32(slot), row.take());
}

void MemoryFamily::save_item(const RowSink& sink, std::uint32_t index) const {
  const Item& item = items_seen_[index];
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(item.frequency);
  row.varint(item.next);
  row.varint(item.ring.size);
  std::uint32_t previous = 0;  // neighbours in a ring are close in number: small differences
  for (const std::uint32_t number : rings_.view(item.ring)) {
    row.zigzag(static_cast<std::int32_t>(number - previous));
    previous = number;
  }
  sink(kItemTable, key_u32(index), row.take());
}

Status MemoryFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kSessionTable) return load_session(key, value);
  if (table == kItemTable) return load_item(key, value);
  if (table == kStateTable) return load_state(value);
  return unreadable_row(name(), table);
}

Status MemoryFamily::load_session(std::string_view key, std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  const std::uint64_t slot = key.size() == 4 ? read_key(key, 0, 4) : slot_mask_ + std::uint64_t{1};
  if (version != kRowVersion || slot > slot_mask_) return unreadable_row(name(), kSessionTable);
  if (slot >= sessions_.size()) sessions_.resize(slot + 1);
  Session& session = sessions_[slot];
  session.key = row.varint();
  session.last = row.varint();
  const std::uint64_t size = row.varint();
  for (std::uint64_t i = 0; i < size && row.ok(); ++i) append_item(session, static_cast<std::uint32_t>(row.varint()));
  return row.done() ? Status(Ok{}) : unreadable_row(name(), kSessionTable);
}

Status MemoryFamily::load_item(std::string_view key, std::string_view value) {
  ByteReader row(value);
  if (row.u8() != kRowVersion || key.size() != 4) return unreadable_row(name(), kItemTable);
  const std::uint64_t index = read_key(key, 0, 4);
  if (index >= items_seen_.size()) items_seen_.resize(index + 1);
  Item& item = items_seen_[index];
  item.frequency = static_cast<std::uint32_t>(row.varint());
  const auto next = static_cast<std::uint32_t>(row.varint());
  const std::uint64_t size = row.varint();
  std::uint32_t number = 0;
  for (std::uint64_t i = 0; i < size && row.ok(); ++i) {
    number += static_cast<std::uint32_t>(row.zigzag());
    enter_ring(item, number);
  }
  item.next = item.ring.size > 0 ? next % item.ring.size : 0;
  return row.done() ? Status(Ok{}) : unreadable_row(name(), kItemTable);
}

Status MemoryFamily::load_state(std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  created_ = static_cast<std::uint32_t>(row.varint());
  clock_ = row.varint();
  return version == kRowVersion && row.done() ? Status(Ok{}) : unreadable_row(name(), kStateTable);
}

Status MemoryFamily::loaded() {
  const auto known = static_cast<std::uint32_t>(std::min<std::size_t>(sessions_.size(), max_sessions_));
  for (std::uint32_t age = 1; age <= known; ++age) {
    const std::uint32_t number = created_ - age;
    if (slot_of(number) < sessions_.size()) numbers_.try_emplace(sessions_[slot_of(number)].key, number);
  }
  return Ok{};
}

}  // namespace millrace
