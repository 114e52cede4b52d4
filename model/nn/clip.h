// Gradients scaled down together so that their joint Euclidean length stays within a bound (Pascanu et al., 2013).
#pragma once

#include <span>

namespace millrace::nn {

// Sizes are multiples of 16. Returns the length before clipping; a bound of 0 clips nothing.
float clip_global_norm(std::span<const std::span<float>> gradients, float bound);

}  // namespace millrace::nn
