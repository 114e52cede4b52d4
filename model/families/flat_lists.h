// Many short lists in one flat array: no allocation a list, neighbours in memory stay neighbours. A list lives in a
// block of 2^n elements and moves to the next size when it is full; blocks left behind are reused. Where a list lives
// never shows in what it holds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/check.h"

namespace millrace {

template <class T>
class FlatLists {
 public:
  // A handle; value-initialised it is the empty list without a block.
  struct List {
    std::uint32_t begin = 0;
    std::uint16_t size = 0;
    std::uint16_t capacity = 0;  // 0 or a power of two
  };
  static constexpr std::size_t kMaxElements = 1U << 15;  // of one list

  // Valid until the next push_back() on any list.
  std::span<T> view(const List& list) { return {pool_.data() + list.begin, list.size}; }
  std::span<const T> view(const List& list) const { return {pool_.data() + list.begin, list.size}; }

  // Requires list.size < kMaxElements.
  void push_back(List& list, const T& value) {
    if (list.size == list.capacity) grow(list);
    pool_[list.begin + std::size_t{list.size}] = value;
    ++list.size;
  }
  void release(List& list) {
    if (list.capacity > 0) free_[size_class(list.capacity)].push_back(list.begin);
    list = List{};
  }
  std::uint64_t memory_bytes() const { return pool_.capacity() * sizeof(T); }

 private:
  static constexpr std::uint16_t kSmallest = 4;

  static std::size_t size_class(std::uint16_t capacity) {
    std::size_t index = 0;
    for (std::uint32_t size = kSmallest; size < capacity; size *= 2) ++index;
    return index;
  }

  void grow(List& list) {
    MILLRACE_CHECK(list.size < kMaxElements);
    List larger;
    larger.capacity = list.capacity == 0 ? kSmallest : static_cast<std::uint16_t>(list.capacity * 2);
    larger.size = list.size;
    larger.begin = block(larger.capacity);
    std::copy_n(pool_.begin() + list.begin, list.size, pool_.begin() + larger.begin);
    release(list);
    list = larger;
  }

  std::uint32_t block(std::uint16_t capacity) {
    std::vector<std::uint32_t>& free = free_[size_class(capacity)];
    if (!free.empty()) {
      const std::uint32_t begin = free.back();
      free.pop_back();
      return begin;
    }
    const std::size_t begin = pool_.size();
    MILLRACE_CHECK(begin + capacity <= std::size_t{0xffffffff});
    pool_.resize(begin + capacity);
    return static_cast<std::uint32_t>(begin);
  }

  std::vector<T> pool_;
  std::array<std::vector<std::uint32_t>, 16> free_;  // by size class: begins of unused blocks
};

}  // namespace millrace
