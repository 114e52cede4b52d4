#include "model/ratings/forgetting_ridge.h"

#include "core/check.h"
#include "model/ratings/cholesky.h"

namespace millrace {
namespace {

constexpr double kRidge = 200.0;
constexpr double kForgetting = 0.9998;
constexpr double kLeastPivot = 1e-9;
constexpr std::uint64_t kRefitEvery = 16;

}  // namespace

ForgettingRidge::ForgettingRidge(std::size_t features)
    : size_(features + 1), moments_(size_ * size_), products_(size_), weights_(size_), factor_(size_ * size_) {}

float ForgettingRidge::predict(std::span<const float> features) const {
  MILLRACE_CHECK(features.size() + 1 == size_);
  double sum = 0.0;
  for (std::size_t i = 0; i < size_; ++i) sum += weights_[i] * feature(features, i);
  return static_cast<float>(sum);
}

void ForgettingRidge::learn(std::span<const float> features, float target) {
  MILLRACE_CHECK(features.size() + 1 == size_);
  for (std::size_t i = 0; i < size_; ++i) {
    const double x = feature(features, i);
    double* row = moments_.data() + i * size_;
    for (std::size_t j = i; j < size_; ++j) row[j] = kForgetting * row[j] + x * feature(features, j);
    products_[i] = kForgetting * products_[i] + x * static_cast<double>(target);
  }
  if (++count_ % kRefitEvery == 0) refit();
}

void ForgettingRidge::refit() {
  factor_ = moments_;
  for (std::size_t i = 0; i < size_; ++i) factor_[i * size_ + i] += kRidge;
  factorise(factor_.data(), size_, size_, kLeastPivot);
  weights_ = products_;
  solve_transposed(factor_.data(), size_, size_, weights_.data());
  solve(factor_.data(), size_, size_, weights_.data());
}

void ForgettingRidge::encode(ByteWriter& out) const {
  out.varint(count_);
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t j = i; j < size_; ++j) out.f64(moments_[i * size_ + j]);
  }
  for (const double product : products_) out.f64(product);
  for (const double weight : weights_) out.f64(weight);
}

void ForgettingRidge::decode(ByteReader& in) {
  count_ = in.varint();
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t j = i; j < size_; ++j) moments_[i * size_ + j] = in.f64();
  }
  for (double& product : products_) product = in.f64();
  for (double& weight : weights_) weight = in.f64();
}

}  // namespace millrace
