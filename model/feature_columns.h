// How a family describes the candidates of one prediction to the ranker: one column a feature, one value an item.
// Between the families and the ranker.
#pragma once

#include <cstddef>
#include <span>

namespace millrace {

// A view of columns × items values, column after column. Every value must be finite.
class FeatureColumns {
 public:
  FeatureColumns(std::span<float> values, std::size_t items) : values_(values), items_(items) {}

  std::span<float> column(std::size_t index) const { return values_.subspan(index * items_, items_); }

 private:
  std::span<float> values_;
  std::size_t items_;
};

}  // namespace millrace
