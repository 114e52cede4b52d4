#include "model/families/related.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/bytes.h"
#include "tests/model/family_testing.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Users told as lists of items.
class RelatedTest : public ::testing::Test {
 protected:
  void user(RelatedFamily& related, const std::vector<std::uint32_t>& items) {
    const std::uint64_t user = user_++;
    for (const std::uint32_t item : items) related.observe(stream_.event(user, item));
  }
  Context with_history(const std::vector<std::uint32_t>& items) {
    const std::uint64_t user = user_++;
    for (const std::uint32_t item : items) stream_.event(user, item);
    return stream_.context(user);
  }

  ItemTable items_ = item_table(400);
  TestStream stream_{3};
  std::uint64_t user_ = 0;
};

TEST_F(RelatedTest, ScoresByTheCosineWithPositionDecay) {
  RelatedFamily related({}, items_);
  user(related, {1, 2, 3});
  user(related, {1, 2});
  // together(1, 2) = 2, together(2, 3) = 1, together(1, 3) = 2^-0.4; counts 2, 2, 1.
  const Context context = with_history({1, 2});
  const double before = std::pow(2.0, -0.75);
  const std::map<std::uint32_t, double> scores{
      {1, 2.0 / std::sqrt(3.0) / std::sqrt(5.0)},
      {2, before * 2.0 / std::sqrt(3.0) / std::sqrt(5.0)},
      {3, (1.0 / std::sqrt(3.0) + before * std::pow(2.0, -0.4) / std::sqrt(3.0)) / 2.0}};
  double sum = 0.0;
  for (const auto& [item, score] : scores) sum += score;
  for (const auto& [item, score] : scores) {
    EXPECT_NEAR(score_one(related, context, ItemIndex{item}), std::log(score / sum + 1e-3), 1e-5) << item;
  }
  EXPECT_NEAR(score_one(related, context, ItemIndex{9}), std::log(1e-3), 1e-5);
}

TEST_F(RelatedTest, RelatesBothWays) {
  RelatedFamily related({}, items_);
  user(related, {1, 2});
  EXPECT_THAT(items_of(rank_one(related, with_history({1}), 5)), ElementsAre(2));
  EXPECT_THAT(items_of(rank_one(related, with_history({2}), 5)), ElementsAre(1));
}

TEST_F(RelatedTest, CountsAReturnToAnItemOnce) {
  RelatedFamily once({}, items_);
  RelatedFamily often({}, items_);
  user(once, {1, 2});
  user(often, {1, 2, 2, 1, 2});
  EXPECT_TRUE(saved(once) == saved(often));
}

TEST_F(RelatedTest, AnItemTogetherWithEverythingIsHeldAgainst) {
  RelatedFamily related({}, items_);
  for (std::uint32_t other = 10; other < 20; ++other) user(related, {5, other});
  user(related, {1, 5});
  user(related, {1, 6});
  EXPECT_THAT(items_of(rank_one(related, with_history({1}), 5)), ElementsAre(6, 5));
}

TEST_F(RelatedTest, ANewNeighbourTakesThePlaceOfTheWeakest) {
  RelatedOptions options;
  options.neighbours_per_item = 2;
  RelatedFamily related(options, items_);
  user(related, {1, 2});
  user(related, {1, 2});
  user(related, {1, 3});
  user(related, {1, 4});
  EXPECT_THAT(items_of(rank_one(related, with_history({1}), 5)), UnorderedElementsAre(2, 4));
}

TEST_F(RelatedTest, ReturnsRelateNothing) {
  RelatedFamily related({}, items_);
  related.observe(stream_.event(50, 1));
  Example returned = stream_.event(50, 2);
  returned.quantity = -1.0F;
  related.observe(returned);
  EXPECT_TRUE(rank_one(related, with_history({1}), 5).empty());
}

TEST_F(RelatedTest, HasNoOpinionWithoutAHistory) {
  RelatedFamily related({}, items_);
  user(related, {1, 2});
  EXPECT_TRUE(rank_one(related, {}, 5).empty());
}

TEST_F(RelatedTest, AnswersAnewWhenTheSameContextIsAskedAfterAnEvent) {
  RelatedFamily related({}, items_);
  user(related, {1, 2});
  const Context context = with_history({1});
  EXPECT_THAT(items_of(rank_one(related, context, 5)), ElementsAre(2));
  user(related, {1, 3});
  EXPECT_THAT(items_of(rank_one(related, context, 5)), ElementsAre(2, 3));
}

TEST_F(RelatedTest, KeepsTheStrongestOfASavedRowThatIsLongerThanItsBound) {
  RelatedFamily many({}, items_);
  user(many, {1, 2});
  for (int i = 0; i < 3; ++i) user(many, {1, 3});
  for (int i = 0; i < 2; ++i) user(many, {1, 4});
  RelatedFamily few({.neighbours_per_item = 2}, items_);
  for (const auto& [key, value] : saved(many)) ASSERT_TRUE(few.load(key.first, key.second, value).ok());
  ASSERT_TRUE(few.loaded().ok());
  EXPECT_THAT(items_of(rank_one(few, with_history({1}), 5)), ElementsAre(3, 4));
}

TEST_F(RelatedTest, ReadsRowsThatKnowTogetherAlone) {
  RelatedFamily related({}, items_);
  // u8 1, count 2, one neighbour: item 2, together 1.5.
  const std::string row{"\x01\x02\x01\x02\x00\x00\xc0\x3f", 8};
  ASSERT_TRUE(related.load("i", key_u32(1), row).ok());
  ASSERT_TRUE(related.load("i", key_u32(2), std::string{"\x01\x01\x00", 3}).ok());
  ASSERT_TRUE(related.loaded().ok());
  EXPECT_THAT(items_of(rank_one(related, with_history({1}), 5)), ElementsAre(2));
  Rows rows = saved(related);
  const std::string written{"\x02\x02\x01\x02\x00\x00\xc0\x3f\x00\x00\x00\x00\x00\x00\x00\x00\x00", 17};
  EXPECT_EQ((rows[{"i", key_u32(1)}]), written);
}

}  // namespace
}  // namespace millrace
