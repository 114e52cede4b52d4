#include "model/nn/softmax.h"

#include <algorithm>

#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

namespace millrace::nn {
namespace {

std::span<float> segment(float* x, std::span<const std::uint32_t> offsets, std::size_t b) {
  return {x + offsets[b], offsets[b + 1] - offsets[b]};
}

}  // namespace

void segment_softmax(std::span<const std::uint32_t> offsets, float* x) {
  const std::size_t segments = offsets.size() - 1;
  for (std::size_t b = 0; b < segments; ++b) {
    const std::span<float> logits = segment(x, offsets, b);
    if (logits.empty()) continue;
    const float highest = *std::max_element(logits.begin(), logits.end());
    for (float& logit : logits) logit -= highest;
  }
  const std::size_t count = offsets[segments];
  std::fill(x + count, x + padded(count, kLanes), 0.0F);
  exponential(x, padded(count, kLanes));
  for (std::size_t b = 0; b < segments; ++b) {
    const std::span<float> weights = segment(x, offsets, b);
    float sum = 0.0F;
    for (const float weight : weights) sum += weight;
    for (float& weight : weights) weight /= sum;
  }
}

void segment_softmax_backward(std::span<const std::uint32_t> offsets, const float* weights, float* dweights) {
  for (std::size_t b = 0; b + 1 < offsets.size(); ++b) {
    float mean = 0.0F;
    for (std::size_t p = offsets[b]; p < offsets[b + 1]; ++p) mean += weights[p] * dweights[p];
    for (std::size_t p = offsets[b]; p < offsets[b + 1]; ++p) dweights[p] = weights[p] * (dweights[p] - mean);
  }
}

}  // namespace millrace::nn
