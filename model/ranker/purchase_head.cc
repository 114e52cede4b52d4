#include "model/ranker/purchase_head.h"

#include <algorithm>
#include <cmath>

#include "model/nn/adagrad.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr nn::AdagradSettings kAdagrad{.rate = 0.05F};
// Before anything is learnt, as if gradients of this square had been seen: the first steps are not of full length.
constexpr float kFirstSquare = 0.1F;

// ln(1 / (1 + e^−z)), without overflow.
float log_sigmoid(float z) { return std::min(z, 0.0F) - std::log1p(std::exp(-std::abs(z))); }

}  // namespace

PurchaseHead::PurchaseHead(std::size_t features, std::size_t event)
    : features_(features),
      weights_(features + event, 0.0F),
      squares_(features + event, kFirstSquare),
      gradient_(features + event, 0.0F) {}

float PurchaseHead::logit(std::span<const float> features, std::span<const float> event) const {
  return nn::dot(weights_.data(), features.data(), features.size()) +
         nn::dot(weights_.data() + features_, event.data(), event.size());
}

float PurchaseHead::log_probability(std::span<const float> features, std::span<const float> event) const {
  return log_sigmoid(logit(features, event));
}

// Gradients at the weights before the step, as if predicted at once.
void PurchaseHead::keep(std::span<const float> features, std::span<const float> event, bool purchased) {
  const float residual = std::exp(log_probability(features, event)) - (purchased ? 1.0F : 0.0F);
  nn::add_scaled(gradient_.data(), residual, features.data(), features.size());
  nn::add_scaled(gradient_.data() + features_, residual, event.data(), event.size());
  ++kept_;
}

void PurchaseHead::learn() {
  if (kept_ == 0) return;
  nn::scale(gradient_.data(), 1.0F / static_cast<float>(kept_), gradient_.size());
  nn::adagrad_step(kAdagrad, gradient_.data(), weights_.data(), squares_.data(), weights_.size());
  std::fill(gradient_.begin(), gradient_.end(), 0.0F);
  kept_ = 0;
}

bool PurchaseHead::is_finite() const {
  return std::all_of(weights_.begin(), weights_.end(), [](float weight) { return std::isfinite(weight); });
}

void PurchaseHead::encode(ByteWriter& out) const {
  for (const auto* values : {&weights_, &squares_}) out.floats(*values);
}

void PurchaseHead::decode(ByteReader& in, const StoredColumns& features, const StoredColumns& event) {
  std::fill(weights_.begin(), weights_.end(), 0.0F);
  std::fill(squares_.begin(), squares_.end(), kFirstSquare);
  std::vector<float> was(features.padded() + event.padded());
  for (auto* values : {&weights_, &squares_}) {
    in.floats(was);
    features.place(was.data(), values->data());
    event.place(was.data() + features.padded(), values->data() + features_);
  }
}

}  // namespace millrace
