// Where the encoder begins: one vector that stands for every context without an item to attend to. Its length is its
// own scale, and items get no gradient from it: where a fifth of all examples begin a session, as with clicks of
// anonymous visitors, embeddings that learnt from these too forgot what goes with what.
#pragma once

#include <cstdint>
#include <span>

#include "model/families/encoder_parameters.h"
#include "model/nn/arena.h"
#include "model/nn/matrix.h"

namespace millrace::encoder {

// Sampled softmax of the products start · item, as of nn/sampled_softmax.h. `unit`: items of unit length, the first
// `offsets.size()` of them the negatives; `targets`: rows of `unit`, one an example. Adds the gradient of the mean loss
// to that of the start; returns the sum of the losses.
double start_gradient(nn::ConstMatrix unit, std::span<const float> offsets, std::span<const std::uint32_t> targets,
                      nn::Parameter& start, nn::Arena& arena);

}  // namespace millrace::encoder
