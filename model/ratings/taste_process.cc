#include "model/ratings/taste_process.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/check.h"
#include "model/ratings/cholesky.h"

namespace millrace {
namespace {

// Prior variances, chosen on the first 20,000 ratings of MovieLens 100k.
constexpr float kConstantVariance = 0.06F;
constexpr float kFactorVariance = 0.1F;
constexpr float kCategoryVariance = 0.2F;
constexpr float kLevelVariance = 0.3F;
constexpr float kCountVariance = 0.06F;
constexpr float kUsualLogCount = 4.0F;
constexpr float kNoiseVariance = 1.0F;
constexpr float kNoiseGrowth = 60.0F;  // ratings in which the noise of an old one grows e-fold
constexpr float kLeastPivot = 0.05F;

}  // namespace

TasteProcess::Vector TasteProcess::vector_of(const Traits& traits) {
  Vector vector{};
  for (std::size_t k = 0; k < traits.factors.size(); ++k) vector[k] = std::sqrt(kFactorVariance) * traits.factors[k];
  vector[kTraitFactors] = std::sqrt(kConstantVariance);
  vector[kTraitFactors + 1] = std::sqrt(kLevelVariance) * traits.level;
  vector[kTraitFactors + 2] = std::sqrt(kCountVariance) * (traits.log_count - kUsualLogCount);
  return vector;
}

// Times that of another and the number of common categories: the variance times the cosine of the two sets.
float TasteProcess::category_scale(CategorySet categories) {
  const auto count = static_cast<float>(std::popcount(categories));
  return categories == 0 ? 0.0F : std::sqrt(kCategoryVariance / count);
}

void TasteProcess::condition(std::span<const Traits> items, std::span<const std::array<float, kTargets>> residuals) {
  MILLRACE_CHECK(items.size() <= kRatingHistory && items.size() == residuals.size());
  count_ = items.size();
  for (std::size_t i = 0; i < count_; ++i) {
    const Vector vector = vector_of(items[i]);
    for (std::size_t d = 0; d < kDimension; ++d) vectors_[d][i] = vector[d];
    categories_[i] = items[i].categories;
    category_scales_[i] = category_scale(items[i].categories);
  }
  for (std::size_t i = 0; i < count_; ++i) {
    float* row = covariance_.data() + i * kRatingHistory;
    for (std::size_t j = i; j < count_; ++j) {
      const auto common = static_cast<float>(std::popcount(categories_[i] & categories_[j]));
      row[j] = category_scales_[i] * category_scales_[j] * common;
    }
    for (std::size_t d = 0; d < kDimension; ++d) {
      const float factor = vectors_[d][i];
      for (std::size_t j = i; j < count_; ++j) row[j] += factor * vectors_[d][j];
    }
    row[i] += kNoiseVariance * std::exp(static_cast<float>(count_ - 1 - i) / kNoiseGrowth);
  }
  factorise(covariance_.data(), count_, kRatingHistory, kLeastPivot);
  for (std::size_t t = 0; t < kTargets; ++t) {
    for (std::size_t i = 0; i < count_; ++i) whitened_[t][i] = residuals[i][t];
    solve_transposed(covariance_.data(), count_, kRatingHistory, whitened_[t].data());
  }
}

TasteProcess::Estimate TasteProcess::estimate(const Traits& item) const {
  const Vector vector = vector_of(item);
  const float scale = category_scale(item.categories);
  std::array<float, kRatingHistory> shared{};
  for (std::size_t i = 0; i < count_; ++i) {
    shared[i] = scale * category_scales_[i] * static_cast<float>(std::popcount(item.categories & categories_[i]));
  }
  for (std::size_t d = 0; d < kDimension; ++d) {
    for (std::size_t i = 0; i < count_; ++i) shared[i] += vector[d] * vectors_[d][i];
  }
  solve_transposed(covariance_.data(), count_, kRatingHistory, shared.data());
  Estimate estimate;
  estimate.variance = item.categories == 0 ? 0.0F : kCategoryVariance;
  for (const float value : vector) estimate.variance += value * value;
  for (std::size_t i = 0; i < count_; ++i) {
    for (std::size_t t = 0; t < kTargets; ++t) estimate.residuals[t] += shared[i] * whitened_[t][i];
    estimate.variance -= shared[i] * shared[i];
  }
  return estimate;
}

}  // namespace millrace
