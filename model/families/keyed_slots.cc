#include "model/families/keyed_slots.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace millrace {
namespace {

constexpr std::uint8_t kRowVersion = 1;

}  // namespace

KeyedSlots::KeyedSlots(std::size_t max_slots) : max_slots_(std::clamp<std::size_t>(max_slots, 1, kNone)) {}

std::uint32_t KeyedSlots::find(std::uint64_t key) const {
  const auto at = index_.find(key);
  return at == index_.end() ? kNone : at->second;
}

KeyedSlots::Touched KeyedSlots::touch(std::uint64_t key, std::uint64_t clock) {
  std::uint32_t slot = find(key);
  const bool made = slot == kNone;
  if (!made) {
    order_.remove(slot);
  } else if (size() < max_slots_) {
    slot = static_cast<std::uint32_t>(size());
    entries_.emplace_back();
  } else {
    slot = order_.oldest();
    order_.remove(slot);
    index_.erase(entries_[slot].key);
    changed_keys_.push_back(entries_[slot].key);
  }
  if (made) {
    entries_[slot] = {.key = key, .present = true};
    index_.emplace(key, slot);
  }
  order_.push_newest(slot);
  entries_[slot].clock = clock;
  mark(slot);
  return {slot, made};
}

void KeyedSlots::mark(std::uint32_t slot) {
  if (entries_[slot].dirty) return;
  entries_[slot].dirty = true;
  changed_keys_.push_back(entries_[slot].key);
}

void KeyedSlots::save(std::string_view table, const RowSink& sink, bool all, const Encode& encode) {
  if (all) {
    for (const Entry& entry : entries_) changed_keys_.push_back(entry.key);
  }
  std::sort(changed_keys_.begin(), changed_keys_.end());
  changed_keys_.erase(std::unique(changed_keys_.begin(), changed_keys_.end()), changed_keys_.end());
  for (const std::uint64_t key : changed_keys_) {
    const std::uint32_t slot = find(key);
    if (slot == kNone) {
      sink(table, key_u64(key), std::nullopt);
      continue;
    }
    entries_[slot].dirty = false;
    ByteWriter out;
    out.u8(kRowVersion);
    out.varint(entries_[slot].clock);
    out.varint(slot);
    encode(slot, out);
    sink(table, key_u64(key), out.take());
  }
  changed_keys_.clear();
}

std::optional<std::uint32_t> KeyedSlots::load(std::string_view key, ByteReader& in) {
  const std::uint8_t version = in.u8();
  const std::uint64_t clock = in.varint();
  const std::uint64_t row = in.varint();
  if (!in.ok() || key.size() != 8 || version != kRowVersion || row >= max_slots_) return std::nullopt;
  if (row >= size()) entries_.resize(row + 1);
  const auto slot = static_cast<std::uint32_t>(row);
  entries_[slot] = {.key = read_key(key), .clock = clock, .present = true};
  index_.emplace(entries_[slot].key, slot);
  return slot;
}

bool KeyedSlots::loaded() {
  const auto present = [](const Entry& entry) { return entry.present; };
  if (!std::all_of(entries_.begin(), entries_.end(), present)) return false;
  std::vector<std::uint32_t> slots(size());
  std::iota(slots.begin(), slots.end(), 0U);
  std::sort(slots.begin(), slots.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(entries_[a].clock, a) < std::pair(entries_[b].clock, b);
  });
  for (const std::uint32_t slot : slots) order_.push_newest(slot);
  return true;
}

}  // namespace millrace
