#include "model/families/factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

class FactorsTest : public ::testing::Test {
 protected:
  Example rating(std::uint64_t user, std::uint32_t item, float value) {
    Example example = stream_.event(user, item, Signal::kRating);
    example.value = value;
    return example;
  }
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
    for (const Example& example : examples) pointers.push_back(&example);
    family.train({pointers, 0, examples.back().sequence + 1, Random(seed)});
  }
  // A taste in two directions: even users like even items, odd users odd ones.
  float taste(std::uint64_t user, std::uint32_t item) { return user % 2 == item % 2 ? 5.0F : 2.0F; }

  ItemTable items_ = item_table(40);
  TestStream stream_{1, 30};
  FactorsOptions options_;
};

TEST_F(FactorsTest, PredictsNoRatingBeforeTheFirst) {
  FactorsFamily factors(options_, 1, items_);
  EXPECT_EQ(factors.predict_rating(of_user(1), ItemIndex{1}), std::nullopt);
}

TEST_F(FactorsTest, PredictsTheMeanForStrangers) {
  FactorsFamily factors(options_, 1, items_);
  factors.observe(rating(1, 1, 5.0F));
  factors.observe(rating(2, 2, 2.0F));
  EXPECT_FLOAT_EQ(*factors.predict_rating(of_user(9), ItemIndex{9}), 3.5F);
}

TEST_F(FactorsTest, LearnsTheBiasesOfUsersAndItems) {
  FactorsFamily factors(options_, 1, items_);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::uint64_t user = i % 10;
    const std::uint32_t item = i * 7 % 20;
    factors.observe(rating(user, item, 3.0F + (user == 4 ? 1.5F : 0.0F) - (item == 5 ? 1.5F : 0.0F)));
  }
  const float usual = *factors.predict_rating(of_user(20), ItemIndex{30});
  EXPECT_GT(*factors.predict_rating(of_user(4), ItemIndex{30}), usual + 0.5F);
  EXPECT_LT(*factors.predict_rating(of_user(20), ItemIndex{5}), usual - 0.5F);
}

TEST_F(FactorsTest, LearnsTastesThatBiasesCannotTell) {
  FactorsFamily factors(options_, 1, items_);
  Random random(5);
  std::vector<Example> all;
  double early = 0.0;
  double late = 0.0;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t user = random.below(30);
    const auto item = static_cast<std::uint32_t>(random.below(40));
    const Example example = rating(user, item, taste(user, item));
    const double error = std::abs(factors.predict_rating(example.context, example.item).value_or(3.5F) - example.value);
    (i < 300 ? early : late) += i < 300 || i >= 2700 ? error / 300.0 : 0.0;
    factors.observe(example);
    all.push_back(example);
  }
  EXPECT_GT(early, 1.0);
  EXPECT_LT(late, 0.3);
}

TEST_F(FactorsTest, ReplayingRatingsImprovesTheFit) {
  FactorsFamily once(options_, 1, items_);
  FactorsFamily replayed(options_, 1, items_);
  std::vector<Example> examples;
  for (std::uint32_t i = 0; i < 400; ++i) {
    examples.push_back(rating(i % 20, i * 7 % 33, taste(i % 20, i * 7 % 33)));
    once.observe(examples.back());
    replayed.observe(examples.back());
  }
  for (int pass = 0; pass < 5; ++pass) replay(replayed, examples);
  const auto error = [&](FactorsFamily& family) {
    double sum = 0.0;
    for (const Example& e : examples) sum += std::abs(*family.predict_rating(e.context, e.item) - e.value);
    return sum / static_cast<double>(examples.size());
  };
  EXPECT_LT(error(replayed), 0.7 * error(once));
}

TEST_F(FactorsTest, StaysWithinTheRangeOfRatingsMet) {
  FactorsFamily factors(options_, 1, items_);
  for (int i = 0; i < 50; ++i) {
    factors.observe(rating(1, 1, 5.0F));
    factors.observe(rating(2, 2, 1.0F));
  }
  EXPECT_LE(*factors.predict_rating(of_user(1), ItemIndex{1}), 5.0F);
  EXPECT_GE(*factors.predict_rating(of_user(2), ItemIndex{2}), 1.0F);
}

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
    for (int i = 0; i < 20; ++i) factors.observe(rating(user, static_cast<std::uint32_t>(i), user == 3 ? 1.0F : 5.0F));
  }
  const float stranger = *factors.predict_rating(of_user(9), ItemIndex{35});
  EXPECT_EQ(*factors.predict_rating(of_user(2), ItemIndex{35}), stranger);
  EXPECT_GT(*factors.predict_rating(of_user(1), ItemIndex{35}), stranger);
  EXPECT_LT(*factors.predict_rating(of_user(3), ItemIndex{35}), stranger);
}

TEST_F(FactorsTest, RowsBeginTheSameInWhateverOrderTheyAreMade) {
  FactorsFamily forwards(options_, 1, items_);
  FactorsFamily backwards(options_, 1, items_);
  const Example a = rating(1, 1, 3.0F);
  const Example b = rating(2, 2, 3.0F);  // equal to the mean: no bias and next to nothing else is learnt
  forwards.observe(a);
  forwards.observe(b);
  backwards.observe(b);
  backwards.observe(a);
  for (std::uint64_t user = 1; user <= 2; ++user) {
    for (const std::uint32_t item : {1U, 2U}) {
      EXPECT_FLOAT_EQ(*forwards.predict_rating(of_user(user), ItemIndex{item}),
                      *backwards.predict_rating(of_user(user), ItemIndex{item}));
    }
  }
}

}  // namespace
}  // namespace millrace
