// What the model knows of each item besides its behaviour: whether it may be recommended, its categories and title
// tokens as hashed numbers, its price. Part of the model's state: changes come with the step and are logged with it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.h"

namespace millrace {

struct ItemFacts {
  bool available = true;
  float price = 0.0F;
  std::vector<std::uint32_t> tokens;  // hashed categories and title tokens (content_tokens.h), at most kMaxTokens
  std::size_t categories = 0;         // so many of the tokens, the first ones, are of categories
  bool operator==(const ItemFacts&) const = default;
};
inline constexpr std::size_t kMaxTokens = 16;

class ItemTable {
 public:
  std::size_t size() const { return facts_.size(); }
  // Items up to and including `item` become known.
  void ensure(ItemIndex item) {
    if (raw(item) >= facts_.size()) facts_.resize(raw(item) + std::size_t{1});
  }
  const ItemFacts& at(ItemIndex item) const { return facts_[raw(item)]; }
  void set(ItemIndex item, ItemFacts facts) {
    ensure(item);
    facts_[raw(item)] = std::move(facts);
  }

 private:
  std::vector<ItemFacts> facts_;
};

struct ItemFactsChange {
  ItemIndex item{};
  ItemFacts facts;
  bool operator==(const ItemFactsChange&) const = default;
};

}  // namespace millrace
