#include "app/evaluate/popularity.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace millrace {

void StreamMemory::learn(const UserId& user, const ItemId& item) {
  const auto [entry, is_new] = numbers_.try_emplace(item.bytes, static_cast<std::uint32_t>(counts_.size()));
  if (is_new) {
    names_.push_back(item);
    counts_.push_back(0);
  }
  touched_[user.bytes].insert(entry->second);
  Touch touch{entry->second, user.bytes};
  if (frozen_) {
    waiting_.push_back(std::move(touch));
  } else {
    count(touch);
  }
}

void StreamMemory::count(const Touch& touch) {
  if (with_sketches_) sketches_.touch(touch.number, touch.user);
  const std::uint32_t count = ++counts_[touch.number];
  if (count >= items_at_least_.size()) items_at_least_.resize(count + std::size_t{1});
  ++items_at_least_[count];
  ++events_;
}

void StreamMemory::thaw() {
  frozen_ = false;
  for (const Touch& touch : waiting_) count(touch);
  waiting_.clear();
}

std::uint32_t StreamMemory::count_of(const ItemId& item) const {
  const auto number = numbers_.find(item.bytes);
  return number == numbers_.end() ? 0 : counts_[number->second];
}

bool StreamMemory::touched(const UserId& user, const ItemId& item) const {
  const auto number = numbers_.find(item.bytes);
  const auto items = touched_.find(user.bytes);
  return number != numbers_.end() && items != touched_.end() && items->second.contains(number->second);
}

std::optional<std::size_t> StreamMemory::popularity_rank(const ItemId& item, const UserId* without) const {
  const auto number = numbers_.find(item.bytes);
  const std::uint32_t count = number == numbers_.end() ? 0 : counts_[number->second];
  if (count == 0) return std::nullopt;
  std::size_t ahead = items_at_least_[count] - 1;
  if (without == nullptr) return ahead;
  const auto items = touched_.find(without->bytes);
  if (items == touched_.end()) return ahead;
  ahead -= static_cast<std::size_t>(std::count_if(items->second.begin(), items->second.end(), [&](std::uint32_t other) {
    return other != number->second && counts_[other] >= count;
  }));
  return ahead;
}

std::optional<std::size_t> StreamMemory::popularity_rank_then(const ItemId& item, const UserId* without,
                                                              const StreamMemory& then) const {
  const std::uint32_t count = count_of(item);
  if (count == 0) return std::nullopt;
  const std::size_t above = count + std::size_t{1};
  std::size_t ahead = above < items_at_least_.size() ? items_at_least_[above] : 0;
  if (without == nullptr) return ahead;
  const auto items = then.touched_.find(without->bytes);
  if (items == then.touched_.end()) return ahead;
  for (const std::uint32_t other : items->second) ahead -= count_of(then.names_[other]) > count ? 1 : 0;
  return ahead;
}

std::uint32_t StreamMemory::number_of(const ItemId& item) const {
  const auto number = numbers_.find(item.bytes);
  return number == numbers_.end() ? kNoNumber : number->second;
}

double StreamMemory::surprise(std::uint32_t number) const {
  const double count = number < counts_.size() ? std::max<std::uint32_t>(counts_[number], 1) : 1;
  return std::log2(static_cast<double>(events_) / count);
}

}  // namespace millrace
