// The encoder's attention: from the embeddings of the positions to one vector a context, and back.
//
//   logit_p  = b_p + vᵀ tanh(U x_p + V x_newest + position_p + kind_p + gap_p)
//   z        = Σ_p softmax(logit)_p x_p + features · user
//
// The sum is over the embeddings themselves, which the output shares; nothing is projected after it.
#pragma once

#include "model/families/encoder_contexts.h"
#include "model/families/encoder_parameters.h"
#include "model/nn/arena.h"
#include "model/nn/matrix.h"

namespace millrace::encoder {

// What the gradient needs again; lives in the arena.
struct Attention {
  nn::Matrix newest;         // padded B × D: x of the newest position, zero where masked
  nn::Matrix hidden;         // padded P × D: the tanh
  float* weights = nullptr;  // P
  nn::Matrix pooled;         // padded B × D: z
};

// `x`: padded P × D, padding rows zero.
Attention attention_forward(const Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                            nn::ConstMatrix x, nn::Arena& arena);

// Adds to the parameters' gradients; returns dx, padded P × D. `dpooled`: padded B × D, padding rows zero.
nn::Matrix attention_backward(Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                              nn::ConstMatrix x, const Attention& forward, nn::ConstMatrix dpooled, nn::Arena& arena);

}  // namespace millrace::encoder
