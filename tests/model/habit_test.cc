#include "model/families/habit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

class HabitTest : public ::testing::Test {
 protected:
  void want(std::uint32_t item, int times) {
    for (int i = 0; i < times; ++i) habit_.observe(stream_.event(user_++, item));
  }
  static Context taken(std::vector<SeenItem> seen) {
    Context context;
    context.seen = std::move(seen);
    return context;
  }

  ItemTable items_ = item_table(10);
  TestStream stream_{1};
  std::uint64_t user_ = 0;
  HabitFamily habit_{PopularityOptions{}, items_};
};

TEST_F(HabitTest, RanksTheUsersOwnItemsByCountThenTheRestByPopularity) {
  want(7, 3);
  want(8, 2);
  const Context context = taken({{ItemIndex{1}, 1, {}}, {ItemIndex{4}, 3, {}}});
  EXPECT_THAT(items_of(rank_one(habit_, context, 10)), ElementsAre(4, 1, 7, 8));
}

TEST_F(HabitTest, BreaksTiesByPopularityOfLate) {
  want(3, 2);
  stream_.pass(Millis{10 * kDay.count});
  want(6, 1);
  const Context context = taken({{ItemIndex{2}, 1, {}}, {ItemIndex{3}, 1, {}}, {ItemIndex{6}, 1, {}}});
  EXPECT_THAT(items_of(rank_one(habit_, context, 10)), ElementsAre(6, 3, 2));
}

TEST_F(HabitTest, SharesAreOfAllThatTheUserTook) {
  const Context context = taken({{ItemIndex{1}, 1, {}}, {ItemIndex{4}, 3, {}}});
  EXPECT_NEAR(score_one(habit_, context, ItemIndex{4}), std::log(3.0 / 5.0), 1e-5);
  EXPECT_NEAR(score_one(habit_, context, ItemIndex{9}), std::log(1e-6), 1e-4);
}

TEST_F(HabitTest, ANewUserGetsWhatIsPopular) {
  want(7, 1);
  want(8, 2);
  EXPECT_THAT(items_of(rank_one(habit_, {}, 10)), ElementsAre(8, 7));
}

}  // namespace
}  // namespace millrace
