// The layers of LevelNet: a softmax over the five levels (rating_scale.h), whose logits are those of a normal
// distribution around the ridge's prediction plus a linear layer and GELU units over the inputs.
#pragma once

#include <array>
#include <cstddef>

#include "model/nn/vector_ops.h"
#include "model/ratings/rating_experts.h"
#include "model/ratings/rating_scale.h"

namespace millrace::level_layers {

inline constexpr std::size_t kInputs = kRatingFeatures + 1;
inline constexpr std::size_t kHidden = 32;
inline constexpr std::size_t kLevels = 5;
inline constexpr std::size_t kOutputs = 8;  // the levels, and zeros

// Where each part begins among the parameters.
inline constexpr std::size_t kHiddenWeights = 0;                                    // [inputs × hidden]
inline constexpr std::size_t kHiddenBiases = kHiddenWeights + kInputs * kHidden;    // [hidden]
inline constexpr std::size_t kOutputWeights = kHiddenBiases + kHidden;              // [hidden × outputs]
inline constexpr std::size_t kLinearWeights = kOutputWeights + kHidden * kOutputs;  // [inputs × outputs]
inline constexpr std::size_t kOutputBiases = kLinearWeights + kInputs * kOutputs;   // [outputs]
inline constexpr std::size_t kParameters = (kOutputBiases + kOutputs + nn::kLanes - 1) / nn::kLanes * nn::kLanes;

using Inputs = std::array<float, kInputs>;
using Outputs = std::array<float, kOutputs>;

struct Activations {
  std::array<float, kHidden> sums{};
  std::array<float, kHidden> units{};
  Outputs shares{};  // of the levels; they add up to 1
};

inline float level_of(std::size_t output) { return kLeastLevel + static_cast<float>(output); }

// `weights` are kParameters.
Activations forward(const float* weights, const Inputs& inputs, float ridge);
// Of the cross entropy by the logits. A level between two is a target for both.
Outputs logit_gradient(const Activations& activations, float level);
// gradient[kParameters] += that of the cross entropy by the weights.
void backward(const float* weights, const Inputs& inputs, const Activations& activations, const Outputs& logits,
              float* gradient);

}  // namespace millrace::level_layers
