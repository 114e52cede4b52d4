#include "model/families/factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

class FactorsTest : public ::testing::Test {
 protected:
  static Context of_user(std::uint64_t user) {
    Context context;
    context.user = UserIndex{user};
    return context;
  }
  static void observe(Family& family, const std::vector<Example>& examples) {
    for (const Example& example : examples) family.observe(example);
  }
  static void replay(Family& family, const std::vector<Example>& examples, std::uint64_t seed = 1) {
    std::vector<const Example*> pointers;
    pointers.reserve(examples.size());
    for (const Example& example : examples) pointers.push_back(&example);
    family.train({pointers, 0, examples.back().sequence + 1, Random(seed)});
  }
  ItemTable items_ = item_table(40);
  TestStream stream_{1, 30};
  FactorsOptions options_;
};

TEST_F(FactorsTest, RanksWhatLikeMindedUsersWanted) {
  FactorsFamily factors(options_, 1, items_);
  Random random(5);
  std::vector<Example> examples;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t user = random.below(30);
    examples.push_back(stream_.event(user, static_cast<std::uint32_t>(2 * random.below(20) + user % 2)));
  }
  observe(factors, examples);
  for (int pass = 0; pass < 5; ++pass) replay(factors, examples, static_cast<std::uint64_t>(pass));
  for (std::uint64_t user = 0; user < 30; ++user) {
    for (const std::uint32_t item : items_of(rank_one(factors, of_user(user), 5))) {
      EXPECT_EQ(item % 2, user % 2) << "user " << user;
    }
  }
}

TEST_F(FactorsTest, HasNoOpinionOnAUserItNeverMet) {
  FactorsFamily factors(options_, 1, items_);
  observe(factors, {stream_.event(1, 1), stream_.event(2, 3)});
  EXPECT_TRUE(rank_one(factors, of_user(9), 5).empty());
  EXPECT_EQ(score_one(factors, of_user(9), ItemIndex{1}), 0.0F);
}

TEST_F(FactorsTest, ReturnsTeachNothing) {
  FactorsFamily factors(options_, 1, items_);
  Example returned = stream_.event(1, 1);
  returned.quantity = -1.0F;
  factors.observe(returned);
  EXPECT_EQ(factors.rows(), 0U);
}

TEST_F(FactorsTest, DropsTheUserUntouchedForLongest) {
  options_.max_users = 2;
  FactorsFamily factors(options_, 1, items_);
  for (const std::uint64_t user : {1U, 2U, 1U, 3U}) {
    for (int i = 0; i < 20; ++i) factors.observe(stream_.event(user, static_cast<std::uint32_t>(i)));
  }
  EXPECT_TRUE(rank_one(factors, of_user(2), 5).empty());
  EXPECT_FALSE(rank_one(factors, of_user(1), 5).empty());
  EXPECT_FALSE(rank_one(factors, of_user(3), 5).empty());
}

// Stores of before ratings had a family of their own.
TEST_F(FactorsTest, PassesOverRowsOfRatings) {
  FactorsFamily factors(options_, 1, items_);
  for (const std::string_view table : {"ru", "ri", "rt"}) EXPECT_TRUE(factors.load(table, "", "\x01").ok()) << table;
}

}  // namespace
}  // namespace millrace
