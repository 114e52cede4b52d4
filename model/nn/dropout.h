// Dropout: each element is zeroed with probability `rate`, the others are scaled up so that the mean stays.
#pragma once

#include <cstdint>
#include <span>

#include "core/random.h"
#include "model/nn/matrix.h"

namespace millrace::nn {

// The probability in 1/256: what 8 random bits an element can do.
struct DropoutRate {
  std::uint8_t threshold = 0;
  explicit DropoutRate(float rate) : threshold(static_cast<std::uint8_t>(rate * 256.0F)) {}
  float scale() const { return 256.0F / (256.0F - static_cast<float>(threshold)); }
};

// Random bytes, one an element; size a multiple of 8.
void fill_noise(Random& random, std::span<std::uint8_t> noise);

// y = x · scale where noise ≥ threshold, else 0. The gradient is the same operation on dy. y may be x.
void dropout(ConstMatrix x, std::span<const std::uint8_t> noise, DropoutRate rate, Matrix y);

}  // namespace millrace::nn
