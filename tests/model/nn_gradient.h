// Finite differences: what every operation's gradient is held against.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/random.h"
#include "model/nn/matrix.h"

namespace millrace::nn {

struct Buffer {
  std::vector<float> values;
  std::size_t rows, columns;
  Buffer(std::size_t r, std::size_t c) : values(r * c, 0.0F), rows(r), columns(c) {}
  Matrix matrix() { return {values.data(), rows, columns}; }
  float& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
};

inline Buffer random_buffer(std::size_t rows, std::size_t columns, std::uint64_t seed, float scale = 1.0F) {
  Random random(seed);
  Buffer buffer(rows, columns);
  for (float& value : buffer.values) value = scale * static_cast<float>(random.normal());
  return buffer;
}

// Σ weights · values, in double precision: makes a scalar of an operation's output.
inline double weighted_sum(const std::vector<float>& weights, const std::vector<float>& values) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += static_cast<double>(weights[i]) * values[i];
  return sum;
}

// Central differences of `loss` in every element of `x` against `gradient`. f32 forward passes allow about 1e-2
// relative.
inline void expect_gradient(std::vector<float>& x, const std::vector<float>& gradient,
                            const std::function<double()>& loss, float step = 1e-2F, double tolerance = 1e-2) {
  ASSERT_EQ(x.size(), gradient.size());
  double largest = 1e-3;
  for (const float g : gradient) largest = std::max(largest, std::abs(static_cast<double>(g)));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float saved = x[i];
    x[i] = saved + step;
    const double above = loss();
    x[i] = saved - step;
    const double below = loss();
    x[i] = saved;
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * static_cast<double>(step)), tolerance * largest)
        << "element " << i;
  }
}

}  // namespace millrace::nn
