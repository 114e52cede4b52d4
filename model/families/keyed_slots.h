// Which dense slot the row of a key has. A slot is made when its key is touched first; beyond the cap the slot
// untouched for longest makes room. Also knows which rows changed since the last save, and frames what the owner
// writes (docs/formats.md, table model, "framed"). Rows lie in the store by be64 key.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "model/families/family.h"
#include "model/nn/touch_order.h"

namespace millrace {

class KeyedSlots {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit KeyedSlots(std::size_t max_slots);

  std::size_t size() const { return entries_.size(); }
  // kNone where the key has no slot.
  std::uint32_t find(std::uint64_t key) const;
  std::uint64_t key_of(std::uint32_t slot) const { return entries_[slot].key; }

  struct Touched {
    std::uint32_t slot = kNone;
    bool made = false;  // the slot is new, or was another key's until now
  };
  // Marks the slot as changed. Requires growing clocks.
  Touched touch(std::uint64_t key, std::uint64_t clock);
  void mark(std::uint32_t slot);

  using Encode = std::function<void(std::uint32_t slot, ByteWriter& out)>;
  void save(std::string_view table, const RowSink& sink, bool all, const Encode& encode);
  // The slot of a saved row, whose rest `in` is then at; nullopt for bytes that were never saved.
  std::optional<std::uint32_t> load(std::string_view key, ByteReader& in);
  // All rows are in; false where some are missing.
  [[nodiscard]] bool loaded();

  static constexpr std::uint64_t kBytesPerSlot = 52;  // with links and the map's entry

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint64_t clock = 0;
    bool present = false;  // false only between load() and loaded(), for rows not in yet
    bool dirty = false;
  };

  std::size_t max_slots_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> index_;  // key → slot; looked up, never iterated
  std::vector<Entry> entries_;                               // by slot
  nn::TouchOrder order_;
  std::vector<std::uint64_t> changed_keys_;  // whose row changed or went since the last save
};

}  // namespace millrace
