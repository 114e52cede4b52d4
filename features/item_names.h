// Item ids and their dense numbers, wholly in memory, table `item ids` (docs/formats.md). Numbers are given in order of
// first sight and never change.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "store/store.h"

namespace millrace {

class ItemNames {
 public:
  explicit ItemNames(std::size_t max_items) : max_items_(max_items) {}
  // Reads all names. kCorruption where their numbers have gaps.
  Status load(const Store& store);
  std::optional<ItemIndex> find(const ItemId& item) const;
  // Requires a known item.
  const ItemId& at(ItemIndex item) const { return ids_[raw(item)]; }
  std::size_t size() const { return ids_.size(); }
  // kUnknownItem where the item is new and there is no room.
  ItemIndex add(const ItemId& item);
  // Names added since the last flush.
  void flush(WriteBatch& batch);

 private:
  std::size_t max_items_;
  std::size_t flushed_ = 0;
  std::deque<ItemId> ids_;  // a deque: the map's keys point into it
  absl::flat_hash_map<std::string_view, ItemIndex> indexes_;
};

}  // namespace millrace
