#include "model/families/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

// Sessions told as lists of items, each of a user of its own.
class MemoryTest : public ::testing::Test {
 protected:
  void session(MemoryFamily& memory, const std::vector<std::uint32_t>& items) {
    const std::uint64_t user = user_++;
    for (const std::uint32_t item : items) memory.observe(stream_.event(user, item));
  }
  Context at_session(const std::vector<std::uint32_t>& items) {
    const std::uint64_t user = user_++;
    for (const std::uint32_t item : items) stream_.event(user, item);
    return stream_.context(user);
  }

  ItemTable items_ = item_table(50);
  TestStream stream_{3};
  std::uint64_t user_ = 0;
};

TEST_F(MemoryTest, VotesByDistanceFromTheMatchedItem) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 2, 3, 4, 5});
  const Context context = at_session({3});
  const std::map<std::uint32_t, double> weights{
      {1, 0.5 * std::exp(-1.0 / 3.0)}, {2, 0.5}, {3, 1.0}, {4, 1.0}, {5, std::exp(-1.0 / 3.0)}};
  double sum = 0.0;
  for (const auto& [item, weight] : weights) sum += weight;
  for (const auto& [item, weight] : weights) {
    EXPECT_NEAR(score_one(memory, context, ItemIndex{item}), std::log(weight / sum + 1e-3), 1e-5) << item;
  }
  EXPECT_NEAR(score_one(memory, context, ItemIndex{9}), std::log(1e-3), 1e-5);
  EXPECT_THAT(items_of(rank_one(memory, context, 4)), ElementsAre(3, 4, 5, 2));
}

TEST_F(MemoryTest, NewestItemsOfTheSessionCountMost) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 10});
  session(memory, {2, 20});
  const Context context = at_session({1, 2});
  EXPECT_GT(score_one(memory, context, ItemIndex{20}), score_one(memory, context, ItemIndex{10}));
}

TEST_F(MemoryTest, RareItemsCountMoreThanFrequentOnes) {
  MemoryOptions options;
  options.position_decay = 1e6F;
  MemoryFamily memory(options, items_);
  for (int i = 0; i < 5; ++i) session(memory, {2, 20});
  session(memory, {1, 10});
  const Context context = at_session({1, 2});
  // One session speaks for 10, five for 20, yet with less than five times the weight.
  const double rare = std::exp(score_one(memory, context, ItemIndex{10})) - 1e-3;
  const double frequent = std::exp(score_one(memory, context, ItemIndex{20})) - 1e-3;
  EXPECT_LT(frequent, 5.0 * rare * 0.9);
}

TEST_F(MemoryTest, TheSessionItselfIsNoNeighbour) {
  MemoryFamily memory({}, items_);
  for (const std::uint32_t item : {1U, 2U, 3U}) memory.observe(stream_.event(77, item));
  EXPECT_TRUE(rank_one(memory, stream_.context(77), 5).empty());
}

TEST_F(MemoryTest, AFreshSessionIsReadAsTheContinuationOfTheHistory) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 2});
  stream_.event(77, 1);
  stream_.new_session(77);
  EXPECT_THAT(items_of(rank_one(memory, stream_.context(77), 5)), ElementsAre(1, 2));
}

TEST_F(MemoryTest, OnlyTheNewestSessionsOfAnItemVote) {
  MemoryOptions options;
  options.sessions_per_item = 2;
  MemoryFamily memory(options, items_);
  session(memory, {1, 10});
  session(memory, {1, 11});
  session(memory, {1, 12});
  EXPECT_THAT(items_of(rank_one(memory, at_session({1}), 9)), ElementsAre(1, 12, 11));
}

TEST_F(MemoryTest, ForgetsTheOldestSessionWhenFull) {
  MemoryOptions options;
  options.max_sessions = 3;
  MemoryFamily memory(options, items_);
  for (std::uint32_t last = 10; last < 14; ++last) session(memory, {1, last});
  const auto list = items_of(rank_one(memory, at_session({1}), 9));
  EXPECT_THAT(list, ::testing::UnorderedElementsAre(1, 11, 12, 13));
}

TEST_F(MemoryTest, AForgottenSessionThatGoesOnIsANewOne) {
  MemoryOptions options;
  options.max_sessions = 2;
  MemoryFamily memory(options, items_);
  memory.observe(stream_.event(70, 1));
  session(memory, {5});
  session(memory, {6});
  memory.observe(stream_.event(70, 2));
  EXPECT_TRUE(rank_one(memory, at_session({1}), 9).empty());
  EXPECT_THAT(items_of(rank_one(memory, at_session({2}), 9)), ElementsAre(2));
}

TEST_F(MemoryTest, KeepsTheNewestItemsOfALongSession) {
  MemoryOptions options;
  options.session_items = 3;
  MemoryFamily memory(options, items_);
  session(memory, {1, 2, 3, 4, 5});
  EXPECT_TRUE(rank_one(memory, at_session({1}), 9).empty());
  EXPECT_THAT(items_of(rank_one(memory, at_session({5}), 9)), ElementsAre(5, 4, 3));
}

TEST_F(MemoryTest, ReturnsAreNotRemembered) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 2});
  Example returned = stream_.event(user_, 3);
  returned.context.session = 1;
  returned.quantity = -1.0F;
  memory.observe(returned);
  EXPECT_NEAR(score_one(memory, at_session({1}), ItemIndex{3}), std::log(1e-3), 1e-5);
}

TEST_F(MemoryTest, AnswersAnewWhenTheSameContextIsAskedAfterAnEvent) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 2});
  const Context context = at_session({1});
  EXPECT_THAT(items_of(rank_one(memory, context, 9)), ElementsAre(1, 2));
  session(memory, {1, 3});
  EXPECT_THAT(items_of(rank_one(memory, context, 9)), ElementsAre(1, 3, 2));
}

TEST_F(MemoryTest, UnknownItemsKeepNoPlace) {
  MemoryFamily memory({}, items_);
  session(memory, {1, 2});
  Context context = at_session({1});
  const std::vector<ScoredItem> expected = rank_one(memory, context, 9);
  context.history.push_back({kUnknownItem, {}, context.now, 0.0F});
  ++context.session_length;
  EXPECT_EQ(rank_one(memory, context, 9), expected);
}

}  // namespace
}  // namespace millrace
