// Running mean and variance of each feature: what makes one ridge and one rate fit all of them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace millrace {

template <std::size_t N>
class FeatureScale {
 public:
  // Deviations from the mean, clipped.
  std::array<float, N> standardise(const std::array<float, N>& features) const {
    std::array<float, N> scaled{};
    for (std::size_t i = 0; i < N; ++i) {
      const double deviation =
          (static_cast<double>(features[i]) - means_[i]) / std::sqrt(variances_[i] + kLeastVariance);
      scaled[i] = static_cast<float>(std::clamp(deviation, -kMostDeviations, kMostDeviations));
    }
    return scaled;
  }
  void observe(const std::array<float, N>& features) {
    ++count_;
    const double weight = std::max(1.0 / static_cast<double>(count_), kLeastWeight);
    for (std::size_t i = 0; i < N; ++i) {
      const double step = static_cast<double>(features[i]) - means_[i];
      means_[i] += weight * step;
      variances_[i] += weight * (step * step - variances_[i]);
    }
  }

  void encode(ByteWriter& out) const {
    out.varint(count_);
    for (const double mean : means_) out.f64(mean);
    for (const double variance : variances_) out.f64(variance);
  }
  void decode(ByteReader& in) {
    count_ = in.varint();
    for (double& mean : means_) mean = in.f64();
    for (double& variance : variances_) variance = in.f64();
  }

 private:
  static constexpr double kMostDeviations = 4.0;
  static constexpr double kLeastVariance = 1e-4;
  static constexpr double kLeastWeight = 2e-4;

  std::uint64_t count_ = 0;
  std::array<double, N> means_{};
  std::array<double, N> variances_{};
};

}  // namespace millrace
