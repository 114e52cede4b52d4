// The learned ranker: gradients against finite differences, that it learns whom to trust, and exact restoring.
#include "model/ranker/ranker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"
#include "tests/model/nn_gradient.h"

namespace millrace {
namespace {

FeatureLayout two_columns() { return {{"a.score", "b.score"}, {"a.length"}, {0, 1, 2}}; }

RankerOptions small() {
  RankerOptions options;
  options.minibatch = 16;
  return options;
}

// Twelve items; `a` speaks for the target where the event's value is positive, `b` where it is negative.
Candidates prediction(Random& random, std::size_t target) {
  Candidates candidates;
  candidates.event = {random.uniform() < 0.5 ? 1.0F : -1.0F};
  for (std::uint32_t i = 0; i < 12; ++i) candidates.items.push_back(ItemIndex{i * 3});
  for (std::size_t i = 0; i < 24; ++i) candidates.features.push_back(static_cast<float>(random.normal()));
  candidates.features[(candidates.event[0] > 0.0F ? 0 : 12) + target] += 3.0F;
  return candidates;
}

void teach(Ranker& ranker, std::uint64_t first_step, std::uint64_t steps) {
  for (std::uint64_t step = first_step; step < first_step + steps; ++step) {
    Random random(9, step);
    for (int i = 0; i < 24; ++i) {
      const std::size_t target = random.below(12);
      const Candidates candidates = prediction(random, target);
      ranker.observe(candidates);
      ranker.keep(ranker.prepare(candidates), std::vector<std::size_t>{target});
    }
    ranker.learn();
  }
}

struct Quality {
  double hits = 0.0;         // how often the target scores best
  double probability = 0.0;  // mean of what the softmax of the scores gives it
};
Quality quality(Ranker& ranker) {
  constexpr int kTrials = 500;
  Random random(77);
  Quality quality;
  for (int i = 0; i < kTrials; ++i) {
    const std::size_t target = random.below(12);
    const auto scores = ranker.score(ranker.prepare(prediction(random, target)));
    const bool hit =
        std::max_element(scores.begin(), scores.end()) - scores.begin() == static_cast<std::ptrdiff_t>(target);
    double sum = 0.0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score - scores[target]));
    quality.hits += (hit ? 1.0 : 0.0) / kTrials;
    quality.probability += 1.0 / sum / kTrials;
  }
  return quality;
}

TEST(RankerNetwork, GradientAgreesWithFiniteDifferences) {
  const NetworkShape shape{16, 16};
  RankerNetwork network(shape);
  RankerInput input;
  input.items = 5;
  input.x = nn::random_buffer(64, 16, 1).values;
  input.g = nn::random_buffer(1, 16, 2).values;
  std::vector<float> weights = nn::random_buffer(1, shape.size(), 3, 0.3F).values;
  const std::vector<float> pull{0.5F, -1.0F, 0.0F, 2.0F, 0.25F};
  network.forward(weights, input);
  std::vector<float> gradient(shape.size(), 0.0F);
  network.backward(weights, input, pull, gradient);
  const auto pulled = [&] {
    const auto scores = network.forward(weights, input);
    return nn::weighted_sum(pull, {scores.begin(), scores.end()});
  };
  nn::expect_gradient(weights, gradient, pulled, 2e-3F);  // short: units have a kink
}

TEST(RankerNetwork, SlopeAgreesWithFiniteDifferences) {
  const NetworkShape shape{16, 16};
  RankerNetwork network(shape);
  RankerInput input;
  input.items = 3;
  input.x = nn::random_buffer(64, 16, 4).values;
  input.g = nn::random_buffer(1, 16, 5).values;
  const std::vector<float> weights = nn::random_buffer(1, shape.size(), 6, 0.3F).values;
  network.forward(weights, input);
  std::vector<float> slope(16);
  network.slope(weights, 1, slope);
  std::vector<float> row(input.x.begin() + 16, input.x.begin() + 32);
  nn::expect_gradient(row, slope, [&] {
    std::copy(row.begin(), row.end(), input.x.begin() + 16);
    return static_cast<double>(network.forward(weights, input)[1]);
  });
}

TEST(Ranker, StartsWithTheWeightsThatItIsGiven) {
  Ranker ranker(two_columns(), std::vector<float>{1.0F, 0.5F}, small(), 1);
  Candidates candidates;
  candidates.event = {0.0F};
  candidates.items = {ItemIndex{0}, ItemIndex{1}};
  candidates.features = {1.0F, 0.0F, 0.0F, 2.0F};
  const auto scores = ranker.score(ranker.prepare(candidates));
  EXPECT_FLOAT_EQ(scores[0], 1.0F);
  EXPECT_FLOAT_EQ(scores[1], 1.0F);
}

TEST(Ranker, LearnsWhichSourceToTrustAndWhen) {
  Ranker ranker(two_columns(), std::vector<float>{0.1F, 0.1F}, small(), 1);
  const double before = quality(ranker).hits;
  teach(ranker, 1, 150);
  // Adding the columns up finds two thirds; only whoever looks at the event finds more than three quarters.
  EXPECT_LT(before, 0.75);
  EXPECT_GT(quality(ranker).hits, 0.80);
  EXPECT_GT(quality(ranker).probability, 0.6);
}

TEST(Ranker, LearnsNothingFromTargetsAtRandom) {
  Ranker ranker(two_columns(), std::vector<float>{0.0F, 0.0F}, small(), 1);
  for (std::uint64_t step = 1; step < 100; ++step) {
    Random random(5, step);
    for (int i = 0; i < 24; ++i) {
      const Candidates candidates = prediction(random, random.below(12));
      ranker.observe(candidates);
      ranker.keep(ranker.prepare(candidates), std::vector<std::size_t>{random.below(12)});
    }
    ranker.learn();
  }
  EXPECT_NEAR(quality(ranker).probability, 1.0 / 12.0, 0.03);
}

TEST(Ranker, ABasketPullsAllItsLines) {
  Ranker ranker(two_columns(), std::vector<float>{0.0F, 0.0F}, small(), 1);
  for (std::uint64_t step = 1; step < 60; ++step) {
    Random random(5, step);
    for (int i = 0; i < 16; ++i) {
      Candidates candidates = prediction(random, 0);
      candidates.features.assign(24, 0.0F);
      candidates.features[2] = candidates.features[12 + 5] = 1.0F;
      ranker.observe(candidates);
      ranker.keep(ranker.prepare(candidates), std::vector<std::size_t>{2, 5});
    }
    ranker.learn();
  }
  Random random(6);
  Candidates candidates = prediction(random, 0);
  candidates.features.assign(24, 0.0F);
  candidates.features[2] = candidates.features[12 + 5] = 1.0F;
  const auto scores = ranker.score(ranker.prepare(candidates));
  EXPECT_GT(scores[2], scores[0] + 1.0F);
  EXPECT_NEAR(scores[2], scores[5], 0.5F);
}

TEST(Ranker, ContinuesFromItsRowAsIfNeverInterrupted) {
  const std::vector<float> initial{1.0F, 1.0F};
  Ranker uninterrupted(two_columns(), initial, small(), 1);
  teach(uninterrupted, 1, 6);
  Ranker restored(two_columns(), initial, small(), 1);
  ASSERT_TRUE(restored.decode(uninterrupted.encode()).ok());
  teach(uninterrupted, 7, 5);
  teach(restored, 7, 5);
  EXPECT_TRUE(restored.encode() == uninterrupted.encode());
}

// Where families come, stand elsewhere or go, what was learnt of the others stays.
TEST(Ranker, CarriesOverWhatItKnowsOfTheColumnsThatAreStillThere) {
  Ranker before(two_columns(), std::vector<float>{1.0F, 1.0F}, small(), 1);
  teach(before, 1, 150);
  const FeatureLayout layout{{"c.new", "b.score", "a.score"}, {"c.new", "a.length"}, {}};
  Ranker after(layout, std::vector<float>{1.0F, 0.0F, 0.0F}, small(), 2);
  ASSERT_TRUE(after.decode(before.encode()).ok());
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    const Candidates known = prediction(random, 3);
    Candidates grown = known;
    grown.event = {random.uniform() < 0.5 ? 1.0F : -1.0F, known.event[0]};
    grown.features.assign(12, static_cast<float>(random.normal()));
    grown.features.insert(grown.features.end(), known.features.begin() + 12, known.features.end());
    grown.features.insert(grown.features.end(), known.features.begin(), known.features.begin() + 12);
    const auto scores = after.score(after.prepare(grown));
    const std::vector<float> had(scores.begin(), scores.end());
    const auto expected = before.score(before.prepare(known));
    for (std::size_t item = 0; item < 12; ++item) EXPECT_NEAR(had[item], expected[item], 1e-4F);
  }
  Ranker again(two_columns(), std::vector<float>{1.0F, 1.0F}, small(), 3);
  ASSERT_TRUE(again.decode(after.encode()).ok());
  EXPECT_TRUE(again.encode() == before.encode());
}

TEST(Ranker, RefusesDamagedRows) {
  Ranker ranker(two_columns(), std::vector<float>{1.0F, 1.0F}, small(), 1);
  teach(ranker, 1, 1);
  const std::string row = ranker.encode();
  EXPECT_FALSE(ranker.decode(row.substr(0, row.size() - 1)).ok());
  EXPECT_FALSE(ranker.decode("").ok());
}

}  // namespace
}  // namespace millrace
