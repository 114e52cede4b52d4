#include "model/families/factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

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

TEST_F(FactorsTest, LikesWhatLikeMindedUsersWanted) {
  FactorsFamily factors(options_, 1);
  Random random(5);
  std::vector<Example> examples;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t user = random.below(30);
    examples.push_back(stream_.event(user, static_cast<std::uint32_t>(2 * random.below(20) + user % 2)));
  }
  observe(factors, examples);
  for (int pass = 0; pass < 5; ++pass) replay(factors, examples, static_cast<std::uint64_t>(pass));
  for (std::uint64_t user = 0; user < 30; ++user) {
    std::array<float, 2> likings{};  // of even items, of odd ones
    for (std::uint32_t item = 0; item < 40; ++item) {
      likings[item % 2] += score_one(factors, of_user(user), ItemIndex{item});
    }
    EXPECT_GT(likings[user % 2], 4 * likings[1 - user % 2]) << "user " << user;
  }
}

TEST_F(FactorsTest, HasNoOpinionOnAUserItNeverMet) {
  FactorsFamily factors(options_, 1);
  observe(factors, {stream_.event(1, 1), stream_.event(2, 3)});
  EXPECT_EQ(score_one(factors, of_user(9), ItemIndex{1}), 0.0F);
}

TEST_F(FactorsTest, ReturnsTeachNothing) {
  FactorsFamily factors(options_, 1);
  Example returned = stream_.event(1, 1);
  returned.quantity = -1.0F;
  factors.observe(returned);
  EXPECT_EQ(factors.rows(), 0U);
}

TEST_F(FactorsTest, DropsTheUserUntouchedForLongest) {
  options_.max_users = 2;
  FactorsFamily factors(options_, 1);
  for (const std::uint64_t user : {1U, 2U, 1U, 3U}) {
    for (int i = 0; i < 20; ++i) factors.observe(stream_.event(user, static_cast<std::uint32_t>(i)));
  }
  const auto knows = [&](std::uint64_t user) {
    for (std::uint32_t item = 0; item < 20; ++item) {
      if (score_one(factors, of_user(user), ItemIndex{item}) != 0.0F) return true;
    }
    return false;
  };
  EXPECT_FALSE(knows(2));
  EXPECT_TRUE(knows(1));
  EXPECT_TRUE(knows(3));
}

// Stores of before ratings had a family of their own.
TEST_F(FactorsTest, PassesOverRowsOfRatings) {
  FactorsFamily factors(options_, 1);
  for (const std::string_view table : {"ru", "ri", "rt"}) EXPECT_TRUE(factors.load(table, "", "\x01").ok()) << table;
}

}  // namespace
}  // namespace millrace
