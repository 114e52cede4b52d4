// Ranks with ties against, the metrics on hand-computed lists, clustered errors, and the floor.
#include "app/evaluate/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "app/evaluate/popularity.h"
#include "app/evaluate/ratings.h"

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
  EXPECT_DOUBLE_EQ(memory.surprise(ItemId("a")), 1.0);
}

TEST(RatingScores, ClipsAndFallsBackToTheRunningMean) {
  RatingScores scores(std::make_pair(1.0F, 5.0F));
  scores.add(0, 5.0F, std::nullopt);  // the middle: 3
  scores.add(0, 4.0F, 9.0F);          // clipped to 5
  scores.add(0, 3.0F, std::nullopt);  // the mean: 4.5
  ReportRow row;
  scores.report(row);
  EXPECT_EQ(row.values[0].first, "mae");
  EXPECT_NEAR(row.values[0].second, (2.0 + 1.0 + 1.5) / 3.0, 1e-6);
  EXPECT_EQ(row.values[2].first, "rmse");
  EXPECT_NEAR(row.values[2].second, std::sqrt((4.0 + 1.0 + 2.25) / 3.0), 1e-6);
}

}  // namespace
}  // namespace millrace
