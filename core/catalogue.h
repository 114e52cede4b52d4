// What the items topic says of an item.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"

namespace millrace {

struct ItemContent {
  std::string title;
  std::string text;
  std::vector<std::string> categories;
  float price = 0.0F;  // 0: unknown
  bool available = true;
  std::vector<float> vector;  // given by the catalogue's owner, empty if none

  bool operator==(const ItemContent&) const = default;
};

// One record of the items topic; absent content is a tombstone: the item is no longer recommended.
struct CatalogueChange {
  ItemId item;
  std::optional<ItemContent> content;
};

}  // namespace millrace
