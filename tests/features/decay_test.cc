#include "features/decay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

using ::testing::ElementsAre;

TEST(DecayTest, GrowthDoublesEveryHalfLifeInBothDirections) {
  EXPECT_DOUBLE_EQ(decay_growth(Millis{100}, Millis{100}, Millis{50}), 1.0);
  EXPECT_DOUBLE_EQ(decay_growth(Millis{200}, Millis{100}, Millis{50}), 4.0);
  EXPECT_DOUBLE_EQ(decay_growth(Millis{50}, Millis{100}, Millis{50}), 0.5);
}

TEST(DecayTest, KeysStaySortedWhateverTheOrderOfArrival) {
  std::vector<WeightedKey> set;
  for (const std::uint32_t key : {5U, 1U, 9U, 3U}) add_bounded(set, key, 1.0, 8);
  EXPECT_THAT(set, ElementsAre(WeightedKey{1, 1.0F}, WeightedKey{3, 1.0F}, WeightedKey{5, 1.0F}, WeightedKey{9, 1.0F}));
}

TEST(DecayTest, TheLightestLeavesForANewKeyOnEitherSideOfIt) {
  std::vector<WeightedKey> set{{2, 3.0F}, {4, 1.0F}, {6, 2.0F}};
  add_bounded(set, 9, 1.5, 3);
  EXPECT_THAT(set, ElementsAre(WeightedKey{2, 3.0F}, WeightedKey{6, 2.0F}, WeightedKey{9, 1.5F}));
  add_bounded(set, 1, 5.0, 3);
  EXPECT_THAT(set, ElementsAre(WeightedKey{1, 5.0F}, WeightedKey{2, 3.0F}, WeightedKey{6, 2.0F}));
}

TEST(DecayTest, OfEquallyLightKeysTheLowestLeaves) {
  std::vector<WeightedKey> set{{2, 1.0F}, {4, 1.0F}};
  add_bounded(set, 3, 1.0, 2);
  EXPECT_THAT(set, ElementsAre(WeightedKey{3, 1.0F}, WeightedKey{4, 1.0F}));
}

TEST(DecayTest, SubtractionStopsAtZeroAndNeverCreatesAKey) {
  std::vector<WeightedKey> set{{2, 1.0F}};
  add_bounded(set, 2, -3.0, 2);
  add_bounded(set, 7, -1.0, 2);
  EXPECT_THAT(set, ElementsAre(WeightedKey{2, 0.0F}));
}

}  // namespace
}  // namespace millrace
