// The exact candidates of every example of a mini-batch: the items that its context attends to, each once at its newest
// place, with the bias for repeating it, and the target.
#pragma once

#include <cstdint>
#include <span>

#include "model/families/encoder_contexts.h"
#include "model/families/encoder_parameters.h"
#include "model/nn/arena.h"
#include "model/nn/sampled_softmax.h"

namespace millrace::encoder {

struct Extras {
  std::span<std::uint32_t> begin;  // B + 1: the extras of each example
  std::span<std::uint32_t> item;   // local rows
  std::span<float> bias;
  std::span<std::uint32_t> position;  // of the repeat bias; kNoPosition for a target that repeats nothing
  std::span<std::uint32_t> positive;  // B: which extra is the target
  std::span<nn::SharedHit> hits;      // extras that are also among the first `negatives` local rows
};

// `rows`: local row of each of the contexts' positions; `targets`: local row of each example's target.
Extras build_extras(const Parameters& parameters, const Contexts& contexts, std::span<const std::uint32_t> rows,
                    std::span<const std::uint32_t> targets, std::size_t negatives, nn::Arena& arena);

// Adds the gradients of the extras' biases to that of the repeat bias.
void repeat_bias_backward(const Extras& extras, const float* dbias, Parameters& parameters);

}  // namespace millrace::encoder
