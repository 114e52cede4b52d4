// Weighted sums over segments: the positions of one example are the rows offsets[b] … offsets[b + 1] − 1.
#pragma once

#include <cstdint>
#include <span>

#include "model/nn/matrix.h"

namespace millrace::nn {

// out_b = Σ_p weights_p x_p over the segment of b; `offsets` has out.rows + 1 entries.
void pool_rows(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, Matrix out);

// dweights_p = dout_b · x_p and dx_p = weights_p dout_b, overwritten for all positions of the segments.
void pool_rows_backward(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, ConstMatrix dout,
                        float* dweights, Matrix dx);

}  // namespace millrace::nn
