// What stacks the experts, each part against a plain reference.
#include "model/ratings/rating_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/ratings/cholesky.h"
#include "model/ratings/taste_process.h"
#include "tests/model/family_testing.h"
#include "tests/model/nn_gradient.h"

namespace millrace {
namespace {

using Square = std::vector<std::vector<double>>;

// Gauss–Jordan with the largest pivot.
std::vector<double> solved(Square a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i) {
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k) b[k] /= a[k][k];
  return b;
}

std::vector<float> random_floats(Random& random, std::size_t count, double scale = 1.0) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(scale * random.normal());
  return values;
}

TEST(Cholesky, SolvesWhatEliminationSolves) {
  constexpr std::size_t kSize = 7;
  constexpr std::size_t kStride = 9;
  Random random(1);
  const std::vector<float> root = random_floats(random, kSize * kSize);
  Square a(kSize, std::vector<double>(kSize));
  std::vector<double> flat(kSize * kStride);
  for (std::size_t i = 0; i < kSize; ++i) {
    for (std::size_t j = 0; j < kSize; ++j) {
      a[i][j] = i == j ? 0.5 : 0.0;
      for (std::size_t k = 0; k < kSize; ++k) {
        a[i][j] += static_cast<double>(root[k * kSize + i]) * static_cast<double>(root[k * kSize + j]);
      }
      if (j >= i) flat[i * kStride + j] = a[i][j];  // the lower triangle is not read
    }
  }
  const std::vector<double> b{1, -2, 3, 0, 5, -1, 2};
  factorise(flat.data(), kSize, kStride, 1e-9);
  std::vector<double> x = b;
  solve_transposed(flat.data(), kSize, kStride, x.data());
  solve(flat.data(), kSize, kStride, x.data());
  EXPECT_THAT(x, ::testing::Pointwise(::testing::DoubleNear(1e-9), solved(a, b)));
}

struct Film {
  std::vector<float> factors;
  Traits traits;
};

std::vector<Film> films(std::size_t count) {
  Random random(2);
  std::vector<Film> films(count);
  for (Film& film : films) {
    film.factors = random_floats(random, kTraitFactors, 0.3);
    film.traits = {film.factors, random.next() & random.next() & random.next(), static_cast<float>(random.normal()),
                   static_cast<float>(4.0 * random.uniform())};
  }
  films[1].traits.categories = 0;
  films[2].traits.factors = {};
  return films;
}

double covariance(const Traits& a, const Traits& b) {
  double sum = 0.06 + 0.3 * static_cast<double>(a.level) * static_cast<double>(b.level) +
               0.06 * (static_cast<double>(a.log_count) - 4.0) * (static_cast<double>(b.log_count) - 4.0);
  for (std::size_t k = 0; k < std::min(a.factors.size(), b.factors.size()); ++k) {
    sum += 0.1 * static_cast<double>(a.factors[k]) * static_cast<double>(b.factors[k]);
  }
  const double sizes = std::popcount(a.categories) * std::popcount(b.categories);
  return sizes > 0.0 ? sum + 0.2 * std::popcount(a.categories & b.categories) / std::sqrt(sizes) : sum;
}

TEST(TasteProcess, AgreesWithADenseGaussianProcess) {
  constexpr std::size_t kRated = 20;
  const std::vector<Film> all = films(kRated + 1);
  std::vector<Traits> rated;
  std::vector<std::array<float, 2>> residuals;
  std::vector<double> targets[2];
  for (std::size_t i = 0; i < kRated; ++i) {
    rated.push_back(all[i].traits);
    residuals.push_back({static_cast<float>(std::sin(static_cast<double>(i))), static_cast<float>(i % 3) - 1.0F});
    for (std::size_t t = 0; t < 2; ++t) targets[t].push_back(static_cast<double>(residuals.back()[t]));
  }
  Square dense(kRated, std::vector<double>(kRated));
  for (std::size_t i = 0; i < kRated; ++i) {
    for (std::size_t j = 0; j < kRated; ++j) dense[i][j] = covariance(rated[i], rated[j]);
    dense[i][i] += std::exp(static_cast<double>(kRated - 1 - i) / 60.0);
  }
  TasteProcess taste;
  taste.condition(rated, residuals);
  for (const std::size_t asked : {std::size_t{0}, std::size_t{1}, std::size_t{2}, kRated}) {
    const Traits& item = all[asked].traits;
    std::vector<double> shared(kRated);
    for (std::size_t i = 0; i < kRated; ++i) shared[i] = covariance(item, rated[i]);
    const auto estimate = taste.estimate(item);
    const auto dot = [&](const std::vector<double>& x) {
      double sum = 0.0;
      for (std::size_t i = 0; i < kRated; ++i) sum += shared[i] * x[i];
      return sum;
    };
    for (std::size_t t = 0; t < 2; ++t) EXPECT_NEAR(estimate.residuals[t], dot(solved(dense, targets[t])), 1e-4);
    EXPECT_NEAR(estimate.variance, covariance(item, item) - dot(solved(dense, shared)), 1e-4);
  }
}

TEST(TasteProcess, KnowsNothingOfWhoRatedNothing) {
  const std::vector<Film> all = films(3);
  TasteProcess taste;
  taste.condition({}, {});
  const auto estimate = taste.estimate(all[0].traits);
  EXPECT_EQ(estimate.residuals[0], 0.0F);
  EXPECT_NEAR(estimate.variance, covariance(all[0].traits, all[0].traits), 1e-5);
}

TEST(ForgettingRidge, AgreesWithTheNormalEquations) {
  constexpr std::size_t kFeatures = 3;
  constexpr std::size_t kPairs = 320;
  ForgettingRidge ridge(kFeatures);
  Square moments(kFeatures + 1, std::vector<double>(kFeatures + 1));
  std::vector<double> products(kFeatures + 1);
  Random random(4);
  for (std::size_t n = 0; n < kPairs; ++n) {
    std::vector<float> x = random_floats(random, kFeatures);
    const float y = 0.5F + 2.0F * x[0] - x[2] + static_cast<float>(random.normal());
    ridge.learn(x, y);
    x.push_back(1.0F);
    const double weight = std::pow(0.9998, static_cast<double>(kPairs - 1 - n));
    for (std::size_t i = 0; i <= kFeatures; ++i) {
      for (std::size_t j = 0; j <= kFeatures; ++j) {
        moments[i][j] += weight * static_cast<double>(x[i]) * static_cast<double>(x[j]);
      }
      products[i] += weight * static_cast<double>(x[i]) * static_cast<double>(y);
    }
  }
  for (std::size_t i = 0; i <= kFeatures; ++i) moments[i][i] += 200.0;
  const std::vector<double> weights = solved(moments, products);
  const std::vector<float> asked{1.0F, -2.0F, 0.5F};
  double expected = weights.back();
  for (std::size_t i = 0; i < kFeatures; ++i) expected += weights[i] * static_cast<double>(asked[i]);
  EXPECT_NEAR(ridge.predict(asked), expected, 1e-4);
}

TEST(ForgettingRidge, OutlivesFeaturesThatSayNothing) {
  ForgettingRidge ridge(2);
  Random random(4);
  for (int n = 0; n < 200'000; ++n) {
    const auto x = static_cast<float>(random.normal());
    ridge.learn(std::vector<float>{x, 0.0F}, 3.0F * x);
  }
  EXPECT_NEAR(ridge.predict(std::vector<float>{1.0F, 0.0F}), 3.0F, 0.2F);
  EXPECT_EQ(ridge.predict(std::vector<float>{0.0F, 4.0F}), ridge.predict(std::vector<float>{0.0F, 0.0F}));
}

TEST(FeatureScale, StandardisesByRunningMomentsAndClips) {
  FeatureScale<2> scale;
  for (int n = 0; n < 4000; ++n) scale.observe({n % 2 == 0 ? 12.0F : 8.0F, 7.0F});
  const auto scaled = scale.standardise({13.0F, 9.0F});
  EXPECT_NEAR(scaled[0], 1.5F, 0.01F);
  EXPECT_EQ(scaled[1], 4.0F);  // never varied: the least deviation counts
}

TEST(LevelLayers, GradientsAgreeWithFiniteDifferences) {
  namespace layers = level_layers;
  Random random(6);
  std::vector<float> weights = random_floats(random, layers::kParameters, 0.3);
  layers::Inputs inputs{};
  for (float& input : inputs) input = static_cast<float>(random.normal());
  for (const float level : {1.0F, 3.5F, 5.0F}) {
    const auto loss = [&] {
      const layers::Activations a = layers::forward(weights.data(), inputs, 3.2F);
      double sum = 0.0;
      for (std::size_t o = 0; o < layers::kLevels; ++o) {
        const double share = std::max(0.0, 1.0 - std::abs(static_cast<double>(level - layers::level_of(o))));
        sum -= share * std::log(static_cast<double>(a.shares[o]));
      }
      return sum;
    };
    std::vector<float> gradient(layers::kParameters);
    const layers::Activations a = layers::forward(weights.data(), inputs, 3.2F);
    layers::backward(weights.data(), inputs, a, layers::logit_gradient(a, level), gradient.data());
    nn::expect_gradient(weights, gradient, loss);
  }
}

TEST(LevelNet, SaysWhatTheRidgeSaysBeforeItLearns) {
  const LevelNet net(1, 64);
  for (const float ridge : {2.0F, 3.0F, 3.7F}) EXPECT_NEAR(net.predict({}, ridge), ridge, 0.15F);
}

TEST(LevelNet, LearnsWhatNoRidgeCan) {
  LevelNet net(1, 1024);
  Random random(7);
  double early = 0.0;
  double late = 0.0;
  for (int n = 0; n < 6000; ++n) {
    LevelNet::Inputs inputs{};
    inputs[0] = random.below(2) == 0 ? 1.0F : -1.0F;
    inputs[1] = random.below(2) == 0 ? 1.0F : -1.0F;
    const float level = inputs[0] == inputs[1] ? 4.5F : 2.0F;
    const double error = std::abs(static_cast<double>(net.predict(inputs, 3.25F) - level));
    (n < 100 ? early : late) += n < 100 ? error / 100.0 : n >= 5900 ? error / 100.0 : 0.0;
    net.learn(inputs, 3.25F, level, 4);
  }
  EXPECT_GT(early, 1.0);
  EXPECT_LT(late, 0.2);
}

TEST(LevelNet, ContinuesFromSavedRowsAlsoWhenTheRingHasTurned) {
  LevelNet net(1, 32);
  const auto learn = [](LevelNet& target, std::uint64_t seed) {
    Random draw(seed);
    LevelNet::Inputs inputs{};
    for (float& input : inputs) input = static_cast<float>(draw.normal());
    target.learn(inputs, 3.0F, static_cast<float>(1 + draw.below(5)), 2);
  };
  Rows rows;
  const RowSink sink = [&rows](std::string_view table, const std::string& key, std::optional<std::string> value) {
    rows[{std::string(table), key}] = value.value();
  };
  for (std::uint64_t n = 0; n < 75; ++n) {
    learn(net, n);
    if (n % 10 == 9) net.save(sink, false);
  }
  net.save(sink, false);
  LevelNet restored(1, 32);
  for (const auto& [at, value] : rows) ASSERT_TRUE(restored.load(at.first, at.second, value).ok());
  ASSERT_TRUE(restored.loaded().ok());
  for (std::uint64_t n = 75; n < 150; ++n) {
    learn(net, n);
    learn(restored, n);
  }
  EXPECT_EQ(net.predict({}, 2.5F), restored.predict({}, 2.5F));
}

}  // namespace
}  // namespace millrace
