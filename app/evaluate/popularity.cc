#include "app/evaluate/popularity.h"

#include <algorithm>
#include <cmath>

namespace millrace {

void StreamMemory::learn(const UserId& user, const ItemId& item) {
  const auto [entry, is_new] = numbers_.try_emplace(item.bytes, static_cast<std::uint32_t>(counts_.size()));
  if (is_new) counts_.push_back(0);
  const std::uint32_t count = ++counts_[entry->second];
  if (count >= items_at_least_.size()) items_at_least_.resize(count + std::size_t{1});
  ++items_at_least_[count];
  touched_[user.bytes].insert(entry->second);
  ++events_;
}

bool StreamMemory::touched(const UserId& user, const ItemId& item) const {
  const auto number = numbers_.find(item.bytes);
  const auto items = touched_.find(user.bytes);
  return number != numbers_.end() && items != touched_.end() && items->second.contains(number->second);
}

std::optional<std::size_t> StreamMemory::popularity_rank(const ItemId& item, const UserId* without) const {
  const auto number = numbers_.find(item.bytes);
  if (number == numbers_.end()) return std::nullopt;
  const std::uint32_t count = counts_[number->second];
  std::size_t ahead = items_at_least_[count] - 1;
  if (without == nullptr) return ahead;
  const auto items = touched_.find(without->bytes);
  if (items == touched_.end()) return ahead;
  ahead -= static_cast<std::size_t>(std::count_if(items->second.begin(), items->second.end(), [&](std::uint32_t other) {
    return other != number->second && counts_[other] >= count;
  }));
  return ahead;
}

double StreamMemory::surprise(const ItemId& item) const {
  const auto number = numbers_.find(item.bytes);
  const double count = number == numbers_.end() ? 1.0 : counts_[number->second];
  return std::log2(static_cast<double>(events_) / count);
}

}  // namespace millrace
