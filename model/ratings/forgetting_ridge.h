// Ridge regression on a stream: past pairs count less and less, the ridge as much as ever, so that what no feature says
// any more is not made up. It is recursive least squares by its normal equations, which cannot lose their definiteness;
// they are solved again every few pairs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.h"

namespace millrace {

class ForgettingRidge {
 public:
  explicit ForgettingRidge(std::size_t features);

  // Both require as many features as there are.
  float predict(std::span<const float> features) const;
  void learn(std::span<const float> features, float target);

  void encode(ByteWriter& out) const;
  void decode(ByteReader& in);

 private:
  void refit();
  double feature(std::span<const float> features, std::size_t i) const {
    return i < features.size() ? static_cast<double>(features[i]) : 1.0;
  }

  std::size_t size_;  // with the constant
  std::uint64_t count_ = 0;
  std::vector<double> moments_;   // [size × size], upper triangle: decayed sums of x xᵀ
  std::vector<double> products_;  // of x y
  std::vector<double> weights_;
  std::vector<double> factor_;  // scratch
};

}  // namespace millrace
