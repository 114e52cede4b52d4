// Softmax over segments: the positions of one example, offsets[b] … offsets[b + 1] − 1. Positions that are masked are
// not in any segment, so there is nothing to mask.
#pragma once

#include <cstdint>
#include <span>

namespace millrace::nn {

// Logits become weights that sum to 1 over each segment. `x` has room for a multiple of 16 entries.
void segment_softmax(std::span<const std::uint32_t> offsets, float* x);

// dweights become dlogits: w_p (dw_p − Σ_q w_q dw_q).
void segment_softmax_backward(std::span<const std::uint32_t> offsets, const float* weights, float* dweights);

}  // namespace millrace::nn
