#include "model/blend.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/bytes.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.999F;
constexpr float kEpsilon = 1e-8F;

}  // namespace

Blend::Blend(std::vector<float> initial_weights, float rate, std::size_t minibatch)
    : rate_(rate),
      minibatch_(minibatch),
      weights_(std::move(initial_weights)),
      first_moment_(weights_.size()),
      second_moment_(weights_.size()),
      gradient_(weights_.size()) {}

float Blend::score(std::span<const float> family_scores) const {
  return std::inner_product(weights_.begin(), weights_.end(), family_scores.begin(), 0.0F);
}

void Blend::learn(const Candidates& candidates, std::size_t target) {
  const std::size_t count = candidates.items.size();
  logits_.resize(count);
  for (std::size_t i = 0; i < count; ++i) logits_[i] = score(candidates.row(i));
  const float largest = *std::max_element(logits_.begin(), logits_.end());
  float sum = 0.0F;
  for (float& logit : logits_) sum += logit = std::exp(logit - largest);
  for (std::size_t i = 0; i < count; ++i) {
    const float residual = logits_[i] / sum - (i == target ? 1.0F : 0.0F);
    const auto row = candidates.row(i);
    for (std::size_t f = 0; f < weights_.size(); ++f) gradient_[f] += residual * row[f];
  }
  if (++pending_ == minibatch_) update();
}

void Blend::update() {
  ++updates_;
  const float scale = 1.0F / static_cast<float>(pending_);
  const float correction1 = 1.0F - std::pow(kBeta1, static_cast<float>(updates_));
  const float correction2 = 1.0F - std::pow(kBeta2, static_cast<float>(updates_));
  for (std::size_t f = 0; f < weights_.size(); ++f) {
    const float g = gradient_[f] * scale;
    first_moment_[f] = kBeta1 * first_moment_[f] + (1.0F - kBeta1) * g;
    second_moment_[f] = kBeta2 * second_moment_[f] + (1.0F - kBeta2) * g * g;
    weights_[f] -= rate_ * (first_moment_[f] / correction1) / (std::sqrt(second_moment_[f] / correction2) + kEpsilon);
    gradient_[f] = 0.0F;
  }
  pending_ = 0;
}

std::string Blend::encode() const {
  ByteWriter out;
  out.u8(kFormat);
  out.varint(weights_.size());
  out.varint(updates_);
  out.varint(pending_);
  for (const auto* values : {&weights_, &first_moment_, &second_moment_, &gradient_}) {
    for (const float value : *values) out.f32(value);
  }
  return out.take();
}

Status Blend::decode(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  const std::uint64_t size = in.varint();
  if (format != kFormat || size != weights_.size()) {
    return stop_error(ErrorCode::kCorruption, "restoring the blend: found format " + std::to_string(format) + " with " +
                                                  std::to_string(size) + " weights, expected format 1 with " +
                                                  std::to_string(weights_.size()) +
                                                  "; were model.families changed? start with a fresh state directory");
  }
  updates_ = in.varint();
  pending_ = in.varint();
  for (auto* values : {&weights_, &first_moment_, &second_moment_, &gradient_}) {
    for (float& value : *values) value = in.f32();
  }
  if (!in.done()) return stop_error(ErrorCode::kCorruption, "restoring the blend: the stored row has the wrong length");
  return Ok{};
}

}  // namespace millrace
