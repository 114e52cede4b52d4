// Which candidate an item is: for families that walk over what they know and care for the candidates of one prediction
// alone. Starting anew costs one store a candidate.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/example.h"

namespace millrace {

class CandidateSlots {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // `items` are the candidates from now on.
  void begin(std::span<const ItemIndex> items) {
    for (const std::uint32_t item : marked_) slots_[item] = kNone;
    marked_.clear();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::uint32_t item = raw(items[i]);
      if (item >= slots_.size()) slots_.resize(item + std::size_t{1}, kNone);
      slots_[item] = static_cast<std::uint32_t>(i);
      marked_.push_back(item);
    }
  }
  std::uint32_t find(std::uint32_t item) const { return item < slots_.size() ? slots_[item] : kNone; }
  std::uint64_t memory_bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint32_t> marked_;
};

}  // namespace millrace
