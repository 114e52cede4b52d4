#include "metrics/live_quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace millrace {
namespace {

TEST(LiveQuality, ScoresARankAsRecallReciprocalRankAndGain) {
  const auto sums = sum_live(std::vector<LiveResult>{{Signal::kPurchase, 2, std::nullopt, true}}, 20);
  const LiveSums& served = sums.at({kServedLearner, "purchase", kReturningAudience, kWarmItem});
  EXPECT_EQ(served.trials, 1.0);
  EXPECT_EQ(served.hits, 1.0);
  EXPECT_NEAR(served.reciprocal_rank, 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(served.gain, 1.0 / std::log2(4.0), 1e-12);
  const LiveSums& popularity = sums.at({kPopularityLearner, "purchase", kReturningAudience, kWarmItem});
  EXPECT_EQ(popularity.trials, 1.0);
  EXPECT_EQ(popularity.hits, 0.0);
}

TEST(LiveQuality, CountsOnlyTheFirstItems) {
  const auto sums = sum_live(std::vector<LiveResult>{{Signal::kClick, 10, 9, false}}, 10);
  EXPECT_EQ(sums.at({kServedLearner, "click", kNewAudience, kWarmItem}).hits, 0.0);
  EXPECT_EQ(sums.at({kPopularityLearner, "click", kNewAudience, kWarmItem}).hits, 1.0);
}

TEST(LiveQuality, KeepsNewAndReturningUsersApart) {
  LiveMeans means;
  means.add(
      sum_live(std::vector<LiveResult>{{Signal::kClick, 0, 0, true}, {Signal::kClick, std::nullopt, 0, false}}, 10));
  EXPECT_NEAR(means.all().at({kServedLearner, kReturningAudience}).recall.value(), 1.0, 1e-12);
  EXPECT_NEAR(means.all().at({kServedLearner, kNewAudience}).recall.value(), 0.0, 1e-12);
  EXPECT_NEAR(means.all().at({kServedLearner, kEveryAudience}).recall.value(), .5, 1e-3);
  EXPECT_NEAR(means.all().at({kPopularityLearner, kEveryAudience}).mrr.value(), 1.0, 1e-12);
}

TEST(RunningMean, ForgetsByHalfLife) {
  RunningMean mean(100.0);
  EXPECT_EQ(mean.value(), 0.0);
  mean.add(4.0, 1.0);
  EXPECT_NEAR(mean.value(), 4.0, 1e-12) << "no bias at the start";
  mean.add(4.0, 1e6);
  mean.add(0.0, 100.0);
  EXPECT_NEAR(mean.value(), 2.0, 1e-9);
}

}  // namespace
}  // namespace millrace
