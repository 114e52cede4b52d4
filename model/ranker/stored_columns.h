// The columns that a stored row of the ranker was written by, and where each of them stands now: families may have come
// and gone since.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

namespace millrace {

class StoredColumns {
 public:
  StoredColumns(std::span<const std::string> stored, std::span<const std::string> now) {
    for (const std::string& name : stored) {
      places_.push_back(static_cast<std::size_t>(std::find(now.begin(), now.end(), name) - now.begin()));
    }
    gone_ = now.size();
  }
  // The constant that stands after the last column.
  void add_constant() {
    for (std::size_t& place : places_) place = place == gone_ ? gone_ + 1 : place;
    places_.push_back(gone_++);
  }

  std::size_t size() const { return places_.size(); }
  // Length of a stored row of weights.
  std::size_t padded() const { return nn::padded(places_.size(), nn::kLanes); }
  // Puts the values of a stored row where their columns are now, and leaves the others alone.
  template <class T>
  void place(const T* stored, T* now) const {
    for (std::size_t c = 0; c < places_.size(); ++c) {
      if (places_[c] < gone_) now[places_[c]] = stored[c];
    }
  }

 private:
  std::vector<std::size_t> places_;  // by stored column; gone_ for what is no more
  std::size_t gone_ = 0;
};

}  // namespace millrace
