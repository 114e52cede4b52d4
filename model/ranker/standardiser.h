// Running mean and deviation of the ranker's features, and the features standardised by them: (x − mean) / deviation,
// clipped. Of the features alone, never of what was taken.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/bytes.h"
#include "model/ranker/stored_columns.h"

namespace millrace {

class Standardiser {
 public:
  static constexpr float kClip = 5.0F;

  explicit Standardiser(std::size_t columns);

  // One prediction: columns × items, column after column.
  void observe(std::span<const float> values, std::size_t items);
  // The same values as items × `stride`, standardised, row after row; the padding is left alone.
  void apply(std::span<const float> values, std::size_t items, float* rows, std::size_t stride) const;

  bool is_finite(std::size_t column) const;
  bool is_finite() const;  // of all columns
  void encode(ByteWriter& out) const;
  void decode(ByteReader& in, const StoredColumns& stored);

 private:
  std::vector<double> mean_;
  std::vector<double> square_;  // mean of the squares
  std::uint64_t predictions_ = 0;
};

}  // namespace millrace
