#include "model/nn/clip.h"

#include <cmath>

#include "model/nn/vector_ops.h"

namespace millrace::nn {

float clip_global_norm(std::span<const std::span<float>> gradients, float bound) {
  double squares = 0.0;
  for (const auto gradient : gradients) {
    squares += static_cast<double>(dot(gradient.data(), gradient.data(), gradient.size()));
  }
  const auto norm = static_cast<float>(std::sqrt(squares));
  if (bound <= 0.0F || norm <= bound) return norm;
  for (const auto gradient : gradients) scale(gradient.data(), bound / norm, gradient.size());
  return norm;
}

}  // namespace millrace::nn
