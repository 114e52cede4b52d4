// Which of a table's dense rows changed since the last save.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace millrace {

class DirtyRows {
 public:
  void mark(std::uint32_t row) {
    if (row >= marked_.size()) marked_.resize(row + std::size_t{1}, false);
    if (marked_[row]) return;
    marked_[row] = true;
    rows_.push_back(row);
  }
  bool empty() const { return rows_.empty(); }
  // The marked rows in ascending order; afterwards none is marked.
  std::vector<std::uint32_t> take() {
    std::vector<std::uint32_t> rows;
    rows.swap(rows_);
    std::sort(rows.begin(), rows.end());
    for (const std::uint32_t row : rows) marked_[row] = false;
    return rows;
  }

 private:
  std::vector<bool> marked_;
  std::vector<std::uint32_t> rows_;
};

// 0 … count - 1: what save() writes instead of the marked rows when everything is asked for.
inline std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i);
  return rows;
}

}  // namespace millrace
