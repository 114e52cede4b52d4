// Ranks with ties against, the metrics on hand-computed lists, clustered errors, and the floor.
#include "app/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "app/evaluate/calibration.h"
#include "app/evaluate/popularity.h"
#include "app/evaluate/ratings.h"
#include "app/evaluate/similarity.h"
#include "app/evaluate/timeline.h"
#include "core/random.h"

namespace millrace {
namespace {

using Type = RankMetric::Type;
using Ranks = std::vector<std::optional<std::size_t>>;

TEST(RankAgainst, TiesCountAgainstTheTarget) {
  const std::vector<ScoredItem> list{
      {ItemIndex{4}, 3.0F}, {ItemIndex{2}, 2.0F}, {ItemIndex{9}, 2.0F}, {ItemIndex{1}, 1.0F}};
  const std::span<const ScoredItem> span(list);
  EXPECT_EQ(rank_against(span, ItemIndex{4}), 0U);
  EXPECT_EQ(rank_against(span, ItemIndex{2}), 2U);
  EXPECT_EQ(rank_against(span, ItemIndex{9}), 2U);
  EXPECT_EQ(rank_against(span, ItemIndex{1}), 3U);
  EXPECT_EQ(rank_against(span, ItemIndex{7}), std::nullopt);
}

TEST(RankMetrics, OfOneTarget) {
  const Ranks third{2};
  EXPECT_DOUBLE_EQ((RankMetric{Type::kRecall, 3}.value(third)), 1.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kRecall, 2}.value(third)), 0.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kReciprocalRank, 3}.value(third)), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kReciprocalRank, 2}.value(third)), 0.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kNdcg, 3}.value(third)), 0.5);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kHitRate, 3}.value({})), 0.0);
}

TEST(RankMetrics, OfABasket) {
  const Ranks basket{0, std::nullopt, 3};
  EXPECT_DOUBLE_EQ((RankMetric{Type::kRecall, 20}.value(basket)), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kRecall, 2}.value(basket)), 0.5);  // of at most two
  EXPECT_DOUBLE_EQ((RankMetric{Type::kReciprocalRank, 20}.value(basket)), 1.0);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kHitRate, 20}.value(basket)), 1.0);
  const double ideal = 1.0 + 1.0 / std::log2(3.0) + 0.5;
  EXPECT_DOUBLE_EQ((RankMetric{Type::kNdcg, 20}.value(basket)), (1.0 + 1.0 / std::log2(5.0)) / ideal);
}

TEST(RankMetrics, AreNamedAsPapersNameThem) {
  EXPECT_EQ((RankMetric{Type::kHitRate, 20}.name()), "hr@20");
  EXPECT_EQ((RankMetric{Type::kReciprocalRank, 5}.name()), "mrr@5");
}

TEST(ClusteredMean, IsTheMeanOfTheGroupsMeans) {
  ClusteredMean mean;
  for (const double value : {1.0, 1.0, 1.0, 0.0}) mean.add(1, 0, value);
  mean.add(2, 1, 0.25);
  EXPECT_DOUBLE_EQ(mean.mean(), 0.5);
  EXPECT_EQ(mean.count(), 5U);
}

TEST(ClusteredMean, OneTrialAClusterGivesTheUsualError) {
  ClusteredMean mean;
  for (std::uint32_t i = 0; i < 100; ++i) mean.add(0, i, i % 4 == 0 ? 1.0 : 0.0);
  EXPECT_NEAR(mean.standard_error(), std::sqrt(0.25 * 0.75 / 100.0), 1e-12);
}

TEST(ClusteredMean, EqualTrialsOfAClusterAreOneObservation) {
  ClusteredMean apart;
  ClusteredMean together;
  for (std::uint32_t i = 0; i < 100; ++i) {
    apart.add(0, i, i % 2 == 0 ? 1.0 : 0.0);
    for (int repeat = 0; repeat < 9; ++repeat) together.add(0, i, i % 2 == 0 ? 1.0 : 0.0);
  }
  EXPECT_NEAR(together.standard_error(), apart.standard_error(), 1e-12);
}

TEST(ClusteredMean, WithoutTrialsIsZero) {
  EXPECT_EQ(ClusteredMean().mean(), 0.0);
  EXPECT_EQ(ClusteredMean().standard_error(), 0.0);
}

TEST(StreamMemory, RanksByCountWithTiesAgainst) {
  StreamMemory memory;
  const UserId ann("ann");
  const UserId bob("bob");
  for (const char* item : {"a", "a", "a", "b", "b", "c", "d"}) memory.learn(ann, ItemId(item));
  EXPECT_EQ(memory.popularity_rank(ItemId("a"), nullptr), 0U);
  EXPECT_EQ(memory.popularity_rank(ItemId("b"), nullptr), 1U);
  EXPECT_EQ(memory.popularity_rank(ItemId("c"), nullptr), 3U);
  EXPECT_EQ(memory.popularity_rank(ItemId("x"), nullptr), std::nullopt);
  memory.learn(bob, ItemId("a"));
  EXPECT_EQ(memory.popularity_rank(ItemId("c"), &bob), 2U);
  EXPECT_TRUE(memory.touched(bob, ItemId("a")));
  EXPECT_FALSE(memory.touched(bob, ItemId("b")));
  EXPECT_DOUBLE_EQ(memory.surprise(memory.number_of(ItemId("a"))), 1.0);
}

TEST(RatingScores, ClipsAndFallsBackToTheRunningMean) {
  RatingScores scores({std::make_pair(1.0F, 5.0F), 0, false, 3.0F});
  scores.add(0, 0, 5.0F, std::nullopt);  // the middle: 3
  scores.add(1, 0, 4.0F, 9.0F);          // clipped to 5
  scores.add(2, 0, 3.0F, std::nullopt);  // the mean: 4.5
  ReportRow row;
  scores.report(row);
  EXPECT_EQ(row.values[0].first, "mae");
  EXPECT_NEAR(row.values[0].second, (2.0 + 1.0 + 1.5) / 3.0, 1e-6);
  EXPECT_EQ(row.values[2].first, "rmse");
  EXPECT_NEAR(row.values[2].second, std::sqrt((4.0 + 1.0 + 2.25) / 3.0), 1e-6);
}

TEST(RankMetrics, PrecisionAndF1OfABasket) {
  const Ranks basket{0, std::nullopt, 3};
  EXPECT_DOUBLE_EQ((RankMetric{Type::kPrecision, 4}.value(basket)), 0.5);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kPrecision, 2}.value(basket)), 0.5);
  EXPECT_DOUBLE_EQ((RankMetric{Type::kF1, 4}.value(basket)), 2.0 * 0.5 * (2.0 / 3.0) / (0.5 + 2.0 / 3.0));
  EXPECT_DOUBLE_EQ((RankMetric{Type::kF1, 4}.value(Ranks{std::nullopt})), 0.0);
  EXPECT_EQ((RankMetric{Type::kPrecision, 4}.name()), "precision@4");
}

TEST(ClusteredMeans, KeepSeveralValuesApart) {
  ClusteredMeans means(2);
  means.add(0, 0, std::vector<double>{1.0, 0.0});
  means.add(0, 1, std::vector<double>{3.0, 0.0});
  EXPECT_DOUBLE_EQ(means.mean(0), 2.0);
  EXPECT_DOUBLE_EQ(means.standard_error(0), std::sqrt(2.0) / 2.0);
  EXPECT_DOUBLE_EQ(means.standard_error(1), 0.0);
}

// Beyond the bound clusters share places: the error stays what it is.
TEST(ClusteredMeans, BoundTheirMemory) {
  ClusteredMean mean;
  Random random(7);
  for (std::uint32_t i = 0; i < 300'000; ++i) mean.add(0, i, random.below(2) == 0 ? 0.0 : 1.0);
  EXPECT_NEAR(mean.standard_error(), std::sqrt(0.25 / 300'000.0), 0.02 * std::sqrt(0.25 / 300'000.0));
}

TEST(Gini, IsZeroForEqualSharesAndNearlyOneForOne) {
  EXPECT_NEAR(gini({5, 5, 5, 5}, 4), 0.0, 1e-12);
  EXPECT_NEAR(gini({10}, 4), 0.75, 1e-12);
  EXPECT_NEAR(gini({1, 3}, 2), 0.25, 1e-12);
  EXPECT_NEAR(gini({3, 1}, 4), 2.0 * (3.0 * 1.0 + 4.0 * 3.0) / (4.0 * 4.0) - 5.0 / 4.0, 1e-12);
  EXPECT_EQ(gini({}, 4), 0.0);
}

TEST(StreamMemory, StandsStillWhileFrozenButForWhatUsersTouched) {
  StreamMemory memory;
  const UserId ann("ann");
  memory.learn(ann, ItemId("a"));
  memory.freeze();
  memory.learn(ann, ItemId("b"));
  memory.learn(ann, ItemId("b"));
  EXPECT_FALSE(memory.knows(ItemId("b")));
  EXPECT_EQ(memory.items(), 1U);
  EXPECT_TRUE(memory.touched(ann, ItemId("b")));
  EXPECT_EQ(memory.popularity_rank(ItemId("b"), nullptr), std::nullopt);
  memory.thaw();
  EXPECT_EQ(memory.count_of(ItemId("b")), 2U);
  EXPECT_EQ(memory.popularity_rank(ItemId("b"), nullptr), 0U);
}

TEST(StreamMemory, KnowsWhatCanBeHadByChance) {
  StreamMemory whole;
  StreamMemory then;
  const UserId ann("ann");
  for (const char* item : {"a", "a", "a", "b", "b", "c", "c"}) whole.learn(UserId("x"), ItemId(item));
  then.learn(ann, ItemId("a"));
  EXPECT_EQ(whole.popularity_rank_then(ItemId("a"), nullptr, then), 0U);
  EXPECT_EQ(whole.popularity_rank_then(ItemId("c"), nullptr, then), 1U);  // a tie counts for it here
  EXPECT_EQ(whole.popularity_rank_then(ItemId("c"), &ann, then), 0U);     // ann has a
}

TEST(UserSketches, EstimateTheShareOfCommonUsers) {
  UserSketches sketches;
  for (int user = 0; user < 300; ++user) {
    const std::string name = "user-" + std::to_string(user);
    sketches.touch(0, name);
    sketches.touch(1, name);
    if (user < 100) sketches.touch(2, name);
    sketches.touch(3, "other-" + name);
  }
  EXPECT_EQ(sketches.similarity(0, 1), 1.0);
  EXPECT_NEAR(sketches.similarity(0, 2), 1.0 / 3.0, 0.15);
  EXPECT_EQ(sketches.similarity(0, 3), 0.0);
  EXPECT_EQ(sketches.similarity(0, 99), 0.0);
  EXPECT_DOUBLE_EQ(sketches.diversity(std::vector<std::uint32_t>{0, 1, 3}), 1.0 - 1.0 / 3.0);
}

TEST(Timeline, IsTheMeanOfEveryStretch) {
  Timeline timeline(10);
  timeline.add(0, 1.0);
  timeline.add(9, 0.0);
  timeline.add(25, 1.0);
  const auto points = timeline.points();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].events, 5U);
  EXPECT_DOUBLE_EQ(points[0].mean, 0.5);
  EXPECT_DOUBLE_EQ(points[0].standard_error, std::sqrt(0.25 / 2.0));
  EXPECT_EQ(points[1].events, 25U);
  EXPECT_TRUE(Timeline(0).points().empty());
}

// Two items with odds of three to one: probabilities ¾ and ¼.
TEST(ListCalibration, HoldsProbabilitiesAgainstWhatWasTaken) {
  const std::vector<float> scores{std::log(3.0F), 0.0F};
  ListCalibration calibration;
  for (int i = 0; i < 3; ++i) calibration.add(scores, {true, false});
  calibration.add(scores, {false, true});
  calibration.add(scores, {false, false});  // says nothing
  EXPECT_NEAR(calibration.error(), 0.0, 1e-6);
  EXPECT_EQ(ListCalibration().auc(), std::nullopt);
  const auto bins = calibration.bins();
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_NEAR(bins[1].predicted, 0.75, 1e-6);
  EXPECT_NEAR(bins[1].observed, 0.75, 1e-6);
  // Of the 16 pairs 9 are won; 3 + 3 are ties and count against, 1 is lost.
  EXPECT_NEAR(calibration.auc().value_or(0.0), 9.0 / 16.0, 1e-12);
}

TEST(RatingCalibration, IsTheMeanGivenByWhatWasPredicted) {
  RatingCalibration calibration;
  calibration.add(3.1, 2.0);
  calibration.add(3.2, 4.0);
  calibration.add(4.6, 5.0);
  const auto bins = calibration.bins();
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_NEAR(bins[0].predicted, 3.15, 1e-12);
  EXPECT_NEAR(bins[0].observed, 3.0, 1e-12);
  EXPECT_NEAR(bins[0].standard_error, 1.0 / std::sqrt(2.0), 1e-12);
}

}  // namespace
}  // namespace millrace
