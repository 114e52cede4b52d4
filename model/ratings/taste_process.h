// A user's taste as a Gaussian process (Rasmussen and Williams, 2006) over items: residuals of the user's newest
// ratings are noisy values of a smooth function of the items' traits, and items alike in traits are alike in residuals.
// Unlike a factor it needs no steps to settle: a user's second rating already counts in full.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/ratings/rating_factors.h"
#include "model/ratings/rating_profiles.h"

namespace millrace {

// Of an item.
struct Traits {
  std::span<const float> factors;  // kTraitFactors, or none
  CategorySet categories = 0;
  float level = 0.0F;      // its mean, less that of all
  float log_count = 0.0F;  // of its ratings
};

class TasteProcess {
 public:
  // Residuals of two predictors are explained at once.
  static constexpr std::size_t kTargets = 2;
  struct Estimate {
    std::array<float, kTargets> residuals{};
    float variance = 0.0F;
  };

  // `items` oldest first, at most kRatingHistory of them, with their residuals.
  void condition(std::span<const Traits> items, std::span<const std::array<float, kTargets>> residuals);
  Estimate estimate(const Traits& item) const;

 private:
  static constexpr std::size_t kDimension = kTraitFactors + 3;
  using Vector = std::array<float, kDimension>;
  static Vector vector_of(const Traits& traits);
  static float category_scale(CategorySet categories);

  std::size_t count_ = 0;
  std::array<std::array<float, kRatingHistory>, kDimension> vectors_{};  // by dimension
  std::array<CategorySet, kRatingHistory> categories_{};
  std::array<float, kRatingHistory> category_scales_{};
  std::vector<float> covariance_ = std::vector<float>(kRatingHistory * kRatingHistory);  // its factor after condition()
  std::array<std::array<float, kRatingHistory>, kTargets> whitened_{};
};

}  // namespace millrace
