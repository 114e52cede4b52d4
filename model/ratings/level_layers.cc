#include "model/ratings/level_layers.h"

#include <algorithm>
#include <cmath>

namespace millrace::level_layers {
namespace {

constexpr float kPrecision = 1.0F;  // of the ridge's prediction
constexpr float kGelu = 1.702F;

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

// GELU by its sigmoid approximation (Hendrycks and Gimpel, 2016).
float gelu(float x) { return x * sigmoid(kGelu * x); }

float gelu_slope(float x) {
  const float gate = sigmoid(kGelu * x);
  return gate + kGelu * x * gate * (1.0F - gate);
}

// y[n] += a · x[n]
void add_scaled(float* y, float a, const float* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

void normalise(Outputs& logits) {
  const float most = *std::max_element(logits.begin(), logits.begin() + kLevels);
  float sum = 0.0F;
  for (std::size_t o = 0; o < kOutputs; ++o) {
    logits[o] = o < kLevels ? std::exp(logits[o] - most) : 0.0F;
    sum += logits[o];
  }
  for (float& share : logits) share /= sum;
}

}  // namespace

Activations forward(const float* weights, const Inputs& inputs, float ridge) {
  Activations a;
  std::copy_n(weights + kHiddenBiases, kHidden, a.sums.begin());
  std::copy_n(weights + kOutputBiases, kOutputs, a.shares.begin());
  for (std::size_t i = 0; i < kInputs; ++i) {
    add_scaled(a.sums.data(), inputs[i], weights + kHiddenWeights + i * kHidden, kHidden);
    add_scaled(a.shares.data(), inputs[i], weights + kLinearWeights + i * kOutputs, kOutputs);
  }
  for (std::size_t h = 0; h < kHidden; ++h) {
    a.units[h] = gelu(a.sums[h]);
    add_scaled(a.shares.data(), a.units[h], weights + kOutputWeights + h * kOutputs, kOutputs);
  }
  for (std::size_t o = 0; o < kLevels; ++o) {
    const float distance = level_of(o) - ridge;
    a.shares[o] -= 0.5F * kPrecision * distance * distance;
  }
  normalise(a.shares);
  return a;
}

Outputs logit_gradient(const Activations& a, float level) {
  Outputs gradient = a.shares;
  for (std::size_t o = 0; o < kLevels; ++o) gradient[o] -= std::max(0.0F, 1.0F - std::fabs(level - level_of(o)));
  return gradient;
}

void backward(const float* weights, const Inputs& inputs, const Activations& a, const Outputs& logits,
              float* gradient) {
  std::array<float, kHidden> hidden{};
  for (std::size_t h = 0; h < kHidden; ++h) {
    const float* out = weights + kOutputWeights + h * kOutputs;
    for (std::size_t o = 0; o < kLevels; ++o) hidden[h] += logits[o] * out[o];
    hidden[h] *= gelu_slope(a.sums[h]);
    add_scaled(gradient + kOutputWeights + h * kOutputs, a.units[h], logits.data(), kOutputs);
  }
  for (std::size_t i = 0; i < kInputs; ++i) {
    add_scaled(gradient + kHiddenWeights + i * kHidden, inputs[i], hidden.data(), kHidden);
    add_scaled(gradient + kLinearWeights + i * kOutputs, inputs[i], logits.data(), kOutputs);
  }
  add_scaled(gradient + kHiddenBiases, 1.0F, hidden.data(), kHidden);
  add_scaled(gradient + kOutputBiases, 1.0F, logits.data(), kOutputs);
}

}  // namespace millrace::level_layers
