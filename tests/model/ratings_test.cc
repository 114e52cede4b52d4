#include "model/families/ratings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

class RatingsTest : public ::testing::Test {
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
  static float predicted(RatingsFamily& ratings, std::uint64_t user, std::uint32_t item) {
    return ratings.predict_rating(of_user(user), ItemIndex{item}).value();
  }
  // A taste in two directions: even users like even items, odd users odd ones.
  static float taste(std::uint64_t user, std::uint32_t item) { return user % 2 == item % 2 ? 5.0F : 2.0F; }

  struct Errors {
    double early = 0.0;  // mean absolute error over the first and the last tenth
    double late = 0.0;
  };
  template <class Value>
  Errors run(RatingsFamily& ratings, int count, const Value& value) {
    Random random(5);
    Errors errors;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t user = random.below(30);
      const auto item = static_cast<std::uint32_t>(random.below(40));
      const Example example = rating(user, item, value(user, item));
      const double error =
          std::abs(static_cast<double>(ratings.predict_rating(example.context, example.item).value_or(3.5F)) -
                   static_cast<double>(example.value));
      if (i < count / 10) errors.early += error * 10.0 / count;
      if (i >= count - count / 10) errors.late += error * 10.0 / count;
      ratings.observe(example);
    }
    return errors;
  }

  ItemTable items_ = item_table(40);
  TestStream stream_{1, 30};
  RatingsOptions options_;
};

TEST_F(RatingsTest, PredictsNothingBeforeTheFirst) {
  RatingsFamily ratings(options_, 1, items_);
  EXPECT_EQ(ratings.predict_rating(of_user(1), ItemIndex{1}), std::nullopt);
  ratings.observe(stream_.event(1, 1));
  EXPECT_EQ(ratings.predict_rating(of_user(1), ItemIndex{1}), std::nullopt);
  EXPECT_EQ(ratings.rows(), 0U);
}

TEST_F(RatingsTest, PredictsAboutTheMeanForStrangers) {
  RatingsFamily ratings(options_, 1, items_);
  ratings.observe(rating(1, 1, 5.0F));
  ratings.observe(rating(2, 2, 2.0F));
  ratings.observe(rating(3, 3, 3.5F));
  EXPECT_NEAR(predicted(ratings, 9, 9), 3.5F, 0.2F);
}

TEST_F(RatingsTest, LearnsWhoIsHarshAndWhatIsBad) {
  RatingsFamily ratings(options_, 1, items_);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::uint64_t user = i % 10;
    const std::uint32_t item = i * 7 % 20;
    ratings.observe(rating(user, item, 3.0F + (user == 4 ? 1.5F : 0.0F) - (item == 5 ? 1.5F : 0.0F)));
  }
  EXPECT_GT(predicted(ratings, 4, 30), predicted(ratings, 3, 30) + 0.5F);
  EXPECT_LT(predicted(ratings, 3, 5), predicted(ratings, 3, 6) - 0.5F);
}

TEST_F(RatingsTest, LearnsTastesThatBiasesCannotTell) {
  RatingsFamily ratings(options_, 1, items_);
  const Errors errors = run(ratings, 3000, taste);
  EXPECT_GT(errors.early, 0.5);
  EXPECT_LT(errors.late, 0.1);
}

TEST_F(RatingsTest, ReplaysSpeedItUp) {
  RatingsFamily once(options_, 1, items_);
  RatingsFamily replayed(options_, 1, items_);
  Effort effort;
  effort.replays = 0;
  once.set_effort(effort);
  EXPECT_LT(run(replayed, 500, taste).late, 0.8 * run(once, 500, taste).late);
}

// Ratings that say nothing of user and item: no better than the mean, and hardly worse.
TEST_F(RatingsTest, ShuffledRatingsFallToTheMeansFloor) {
  RatingsFamily ratings(options_, 1, items_);
  Random random(9);
  double mean = 0.0;
  const Errors errors = run(ratings, 4000, [&](std::uint64_t, std::uint32_t) {
    const auto value = static_cast<float>(1 + random.below(5));
    mean += std::abs(3.0 - static_cast<double>(value)) / 4000.0;
    return value;
  });
  EXPECT_GT(errors.late, 0.97 * mean);
  EXPECT_LT(errors.late, 1.06 * mean);
}

TEST_F(RatingsTest, AnyScaleOfRatingsIsLearntAlike) {
  RatingsFamily stars(options_, 1, items_);
  RatingsFamily percent(options_, 1, items_);
  Random random(4);
  for (int i = 0; i < 300; ++i) {
    Example example = rating(random.below(10), static_cast<std::uint32_t>(random.below(20)), 0.0F);
    const int value = i < 2 ? 1 + 4 * i : 1 + static_cast<int>(random.below(5));
    example.value = static_cast<float>(value);
    stars.observe(example);
    example.value = static_cast<float>(25 * (value - 1));
    percent.observe(example);
  }
  for (std::uint64_t user = 0; user < 10; ++user) {
    EXPECT_NEAR(25.0F * (predicted(stars, user, 3) - 1.0F), predicted(percent, user, 3), 0.5F) << user;
  }
}

TEST_F(RatingsTest, DescribesCandidatesByHowTheyWillBeRated) {
  RatingsFamily ratings(options_, 1, items_);
  EXPECT_EQ(score_one(ratings, of_user(4), ItemIndex{6}), 0.0F);
  run(ratings, 2000, taste);
  EXPECT_GT(score_one(ratings, of_user(4), ItemIndex{6}), 0.7F);
  EXPECT_LT(score_one(ratings, of_user(4), ItemIndex{7}), -0.7F);
  EXPECT_EQ(score_one(ratings, of_user(99), ItemIndex{200}), 0.0F);
}

TEST_F(RatingsTest, StaysWithinTheRangeOfRatingsMet) {
  RatingsFamily ratings(options_, 1, items_);
  for (int i = 0; i < 50; ++i) {
    ratings.observe(rating(1, 1, 5.0F));
    ratings.observe(rating(2, 2, 1.0F));
  }
  EXPECT_LE(predicted(ratings, 1, 1), 5.0F);
  EXPECT_GT(predicted(ratings, 1, 1), 4.5F);
  EXPECT_GE(predicted(ratings, 2, 2), 1.0F);
  EXPECT_LT(predicted(ratings, 2, 2), 1.5F);
}

TEST_F(RatingsTest, DropsTheUserWhoHasNotRatedForLongest) {
  options_.max_users = 2;
  RatingsFamily ratings(options_, 1, items_);
  for (const std::uint64_t user : {1U, 2U, 1U, 3U}) {
    for (int i = 0; i < 20; ++i) ratings.observe(rating(user, static_cast<std::uint32_t>(i), user == 3 ? 1.0F : 5.0F));
  }
  EXPECT_EQ(predicted(ratings, 2, 35), predicted(ratings, 9, 35));
  EXPECT_GT(predicted(ratings, 1, 35), predicted(ratings, 9, 35));
  EXPECT_LT(predicted(ratings, 3, 35), predicted(ratings, 9, 35));
}

TEST_F(RatingsTest, WhatWasAskedBeforeIsNoObstacleToLearning) {
  RatingsFamily asked(options_, 1, items_);
  RatingsFamily silent(options_, 1, items_);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Example example = rating(i % 5, i * 7 % 20, static_cast<float>(1 + i % 5));
    for (std::uint32_t item = 0; item < 5; ++item) asked.predict_rating(of_user(i % 7), ItemIndex{item});
    asked.observe(example);
    silent.observe(example);
  }
  EXPECT_TRUE(saved(asked) == saved(silent));
}

TEST_F(RatingsTest, ContentThatChangesCountsAtOnce) {
  RatingsFamily asked(options_, 1, items_);
  for (std::uint32_t i = 0; i < 60; ++i) asked.observe(rating(i % 3, i * 7 % 20, static_cast<float>(1 + i * i % 5)));
  RatingsFamily restored(options_, 1, items_);
  ASSERT_TRUE(load_from(saved(asked), restored).ok());
  const float before = predicted(asked, 1, 4);
  ItemFacts drama;
  drama.tokens = {5};
  drama.categories = 1;
  for (std::uint32_t item = 0; item < 20; item += 2) {
    items_.set(ItemIndex{item}, drama);
    asked.item_changed(ItemIndex{item});
  }
  EXPECT_NE(predicted(asked, 1, 4), before);
  EXPECT_EQ(predicted(asked, 1, 4), predicted(restored, 1, 4));
}

// What is stored where two ratings were learnt, field by field; the bytes are frozen by golden_rating_rows_test.cc.
class RatingRows : public RatingsTest {
 protected:
  RatingRows() {
    ItemFacts drama;
    drama.tokens = {64U + 5U, 7U};
    drama.categories = 1;
    items_.set(ItemIndex{3}, drama);
    RatingsFamily ratings(options_, 1, items_);
    const Example first = rating(9, 3, 2.0F);
    first_time_ = first.time;
    ratings.observe(first);
    ratings.observe(rating(9, 3, 4.0F));
    rows_ = saved(ratings);
  }
  ByteReader row(const std::string& table, const std::string& key) { return ByteReader(rows_.at({table, key})); }

  Rows rows_;
  Millis first_time_;
};

TEST_F(RatingRows, OfTheLog) {
  ByteReader in = row("l", key_u32(1));
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.varint(), 9U);
  EXPECT_EQ(in.varint(), 3U);
  EXPECT_EQ(in.f32(), 4.0F);
  EXPECT_TRUE(in.done());
}

TEST_F(RatingRows, OfUsers) {
  ByteReader in = row("up", key_u64(9));
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.varint(), 2U);  // clock
  EXPECT_EQ(in.varint(), 0U);  // slot
  EXPECT_EQ(in.varint(), 2U);  // ratings
  EXPECT_DOUBLE_EQ(in.f64(), static_cast<double>(std::log(2.0F)));
  EXPECT_EQ(in.zigzag(), first_time_.count);
  EXPECT_EQ(in.zigzag(), first_time_.count + 60'000);
  const float burst = in.f32();
  EXPECT_EQ(in.varint(), 1U);
  for (std::size_t d = 0; d < UserProfile::kRates.size(); ++d) EXPECT_NE(in.f32(), 0.0F);
  EXPECT_EQ(in.u64(), 1U << 5);  // categories met
  EXPECT_NE(in.f32(), 0.0F);
  EXPECT_EQ(in.f32(), 2.0F);
  EXPECT_EQ(in.varint(), 2U);  // history
  EXPECT_EQ(in.varint(), 3U);
  EXPECT_EQ(in.f32(), 0.0F);  // all ratings were equal: the middle, as predicted
  EXPECT_EQ(in.f32(), 0.0F);
  EXPECT_EQ(in.varint(), 3U);
  EXPECT_NEAR(in.f32(), 2.0F, 1e-3F);  // the most there is, over the middle
  EXPECT_EQ(in.f32(), burst);
  EXPECT_TRUE(in.done());
}

TEST_F(RatingRows, OfItems) {
  ByteReader in = row("ip", key_u64(3));
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.varint(), 2U);
  EXPECT_EQ(in.varint(), 0U);
  EXPECT_EQ(in.varint(), 2U);
  EXPECT_EQ(in.f64(), 3.0 + 5.0);
  EXPECT_EQ(in.zigzag(), first_time_.count);
  for (std::size_t d = 0; d < ItemProfile::kRates.size(); ++d) EXPECT_NE(in.f32(), 0.0F);
  EXPECT_TRUE(in.done());
}

TEST_F(RatingRows, OfWhatIsCommon) {
  ByteReader in = row("c", "");
  EXPECT_EQ(in.u8(), 1);
  EXPECT_EQ(in.varint(), 2U);
  EXPECT_EQ(in.f64(), 6.0);
  EXPECT_EQ(in.f32(), 2.0F);
  EXPECT_EQ(in.f32(), 4.0F);
  EXPECT_EQ(in.u64(), 1U << 5);
  EXPECT_NE(in.f32(), 0.0F);
  EXPECT_EQ(in.f32(), 2.0F);
  EXPECT_TRUE(in.done());
}

}  // namespace
}  // namespace millrace
