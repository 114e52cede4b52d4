#include "features/bucket_window.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Window = BucketWindow<3, 10>;

TEST(BucketWindowTest, SumsTheBucketsThatEndAtNow) {
  Window window;
  window.add(Millis{5}, 1);
  window.add(Millis{15}, 2);
  window.add(Millis{25}, 4);
  EXPECT_EQ(window.sum(Millis{29}), 7U);
  EXPECT_EQ(window.sum(Millis{30}), 6U);
  EXPECT_EQ(window.sum(Millis{45}), 4U);
  EXPECT_EQ(window.sum(Millis{50}), 0U);
}

TEST(BucketWindowTest, AnOlderEventCountsInItsBucketWhileThatIsInside) {
  Window window;
  window.add(Millis{25}, 1);
  window.add(Millis{7}, 1);
  EXPECT_EQ(window.sum(Millis{25}), 2U);
  EXPECT_EQ(window.sum(Millis{30}), 1U);
}

TEST(BucketWindowTest, AnEventBehindTheWindowChangesNothing) {
  Window window;
  window.add(Millis{35}, 1);
  window.add(Millis{9}, 1);
  EXPECT_EQ(window.sum(Millis{35}), 1U);
}

TEST(BucketWindowTest, AJumpOverTheWholeWindowEmptiesIt) {
  Window window;
  window.add(Millis{5}, 3);
  window.add(Millis{1000}, 1);
  EXPECT_EQ(window.sum(Millis{1000}), 1U);
}

TEST(BucketWindowTest, SubtractionStopsAtZero) {
  Window window;
  window.add(Millis{5}, 1);
  window.add(Millis{5}, -1);
  window.add(Millis{5}, -1);
  window.add(Millis{5}, 1);
  EXPECT_EQ(window.sum(Millis{5}), 1U);
}

TEST(BucketWindowTest, TimesBeforeTheEpochHaveBucketsToo) {
  Window window;
  window.add(Millis{-5}, 1);
  window.add(Millis{5}, 1);
  EXPECT_EQ(window.sum(Millis{5}), 2U);
  EXPECT_EQ(window.sum(Millis{20}), 1U);
}

}  // namespace
}  // namespace millrace
