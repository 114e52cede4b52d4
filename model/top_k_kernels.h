// The inner loops of TopKIndex, compiled for every vector instruction set and chosen at run time. Results are the same
// on each of them, but for the last bits of residual_squared, of which only a bound is used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::top_k {

template <class Score>
struct Hit {
  Score score;
  std::uint32_t slot;
};

// All dimensions are multiples of 16, all other counts multiples of kLanes.
inline constexpr std::size_t kLanes = 64;

float dot(const float* x, const float* y, std::size_t dimension);
float largest_magnitude(const float* x, std::size_t dimension);

struct Quantised {
  std::int32_t sum = 0;           // Σ x̂
  float residual_squared = 0.0F;  // Σ (x − scale x̂)²
};
// x̂ = x / scale to the nearest integer, within ±127.
Quantised quantise(const float* x, std::size_t dimension, float scale, std::int8_t* quantised);

// Appends slot first + i with score s = scores[i] + bias[i] to `out` for each i < count with s > cut; returns how
// many. `out` has room for `count`.
std::size_t collect(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::int32_t cut,
                    std::uint32_t first, Hit<std::int32_t>* out);
std::size_t collect(const float* scores, const float* bias, std::size_t count, float cut, std::uint32_t first,
                    Hit<float>* out);

// maxima[j] = max over t of scores[j + t·groups] + bias[j + t·groups], where count is a multiple of groups.
void group_maxima(const std::int32_t* scores, const std::int32_t* bias, std::size_t count, std::size_t groups,
                  std::int32_t* maxima);
void group_maxima(const float* scores, const float* bias, std::size_t count, std::size_t groups, float* maxima);

}  // namespace millrace::top_k
