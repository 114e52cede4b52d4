#include "model/families/popular.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

class PopularTest : public ::testing::Test {
 protected:
  void want(Family& family, std::uint32_t item, float quantity = 1.0F) {
    Example example = stream_.event(user_++, item);
    example.quantity = quantity;
    family.observe(example);
  }
  std::vector<std::uint32_t> top(Family& family, std::size_t k) {
    return items_of(rank_one(family, stream_.context(999), k));
  }

  ItemTable items_ = item_table(10);
  TestStream stream_{1};
  std::uint64_t user_ = 0;
  PopularFamily popular_{PopularitySettings{}, items_};
  PopularFamily trending_{PopularitySettings{"trending", Reason::kTrending, 24.0, true}, items_};
};

TEST_F(PopularTest, CountsWantsAndBreaksTiesByLowerIndex) {
  for (const std::uint32_t item : {4U, 2U, 7U, 2U, 7U, 1U}) want(popular_, item);
  EXPECT_THAT(top(popular_, 10), ElementsAre(2, 7, 1, 4));
  EXPECT_NEAR(score_one(popular_, {}, ItemIndex{2}), std::log(2.0 / 6.0 + 1e-6), 1e-6);
}

TEST_F(PopularTest, ReturnsDoNotCount) {
  want(popular_, 3, -1.0F);
  EXPECT_TRUE(top(popular_, 10).empty());
}

TEST_F(PopularTest, RatingsBelowTheUsersMeanDoNotCount) {
  Example rating = stream_.event(1, 3, Signal::kRating);
  rating.context.mean_rating = 3.5F;
  rating.value = 3.0F;
  popular_.observe(rating);
  EXPECT_TRUE(top(popular_, 10).empty());
}

TEST_F(PopularTest, AnUnseenItemHasTheFloorsShare) {
  want(popular_, 3);
  EXPECT_NEAR(score_one(popular_, {}, ItemIndex{9}), std::log(1e-6), 1e-4);
}

TEST_F(PopularTest, AnEventOfOneHalfLifeAgoCountsHalf) {
  want(trending_, 1);
  stream_.pass(Millis{24 * kHour.count - 60'000});  // the stream itself advances a minute
  want(trending_, 2);
  EXPECT_NEAR(std::exp(score_one(trending_, {}, ItemIndex{1})), 1.0 / 3.0, 1e-4);
  EXPECT_NEAR(std::exp(score_one(trending_, {}, ItemIndex{2})), 2.0 / 3.0, 1e-4);
}

TEST_F(PopularTest, NewWantsOvertakeManyOldOnes) {
  for (int i = 0; i < 8; ++i) want(trending_, 1);
  stream_.pass(Millis{4 * kDay.count});
  want(trending_, 2);
  EXPECT_THAT(top(trending_, 2), ElementsAre(2, 1));
}

TEST_F(PopularTest, SharesOutliveCenturiesOfEventTime) {
  for (int year = 0; year < 300; ++year) {
    want(trending_, 1);
    want(trending_, 2);
    want(trending_, 2);
    stream_.pass(Millis{365 * kDay.count});
  }
  want(trending_, 3);
  EXPECT_THAT(top(trending_, 1), ElementsAre(3));
  EXPECT_NEAR(trending_.share(ItemIndex{3}), 1.0, 1e-6);
  EXPECT_GT(trending_.share(ItemIndex{2}), trending_.share(ItemIndex{1}));
}

TEST_F(PopularTest, TrendingCountsAUserWhoComesBackOnce) {
  for (int i = 0; i < 5; ++i) trending_.observe(stream_.event(1, 6));
  trending_.observe(stream_.event(2, 5));
  trending_.observe(stream_.event(3, 5));
  EXPECT_THAT(top(trending_, 2), ElementsAre(5, 6));
}

TEST_F(PopularTest, FillsTheListPastExclusions) {
  for (const std::uint32_t item : {0U, 0U, 0U, 1U, 1U, 2U}) want(popular_, item);
  EXPECT_THAT(items_of(rank_one(popular_, {}, 2, {ItemIndex{0}})), ElementsAre(1, 2));
}

}  // namespace
}  // namespace millrace
