// What is known of items, told to the step after an item's first event: nothing is known of an item before its turn.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <string>
#include <utility>

#include "app/evaluate/evaluator.h"
#include "core/catalogue.h"
#include "core/ids.h"

namespace millrace {

class ItemContents {
 public:
  // The first that is said of an item counts.
  void add(const ItemId& item, ItemContent content) { untold_.emplace(item.bytes, std::move(content)); }
  // To be called after each event was learnt.
  void tell(const ItemId& item, Evaluator& evaluator) {
    const auto content = untold_.find(item.bytes);
    if (content == untold_.end()) return;
    evaluator.tell({item, std::move(content->second)});
    untold_.erase(content);
  }

 private:
  absl::flat_hash_map<std::string, ItemContent> untold_;
};

}  // namespace millrace
