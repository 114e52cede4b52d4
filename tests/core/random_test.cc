#include "core/random.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(RandomTest, TheSameSeedDrawsTheSameNumbersForever) {
  Random random(1, 2, 3);
  EXPECT_EQ(random.next(), 3106975646374847983ULL);
  EXPECT_NE(Random(1, 2, 4).next(), Random(1, 2, 3).next());
  EXPECT_NE(Random(1, 3, 3).next(), Random(1, 2, 3).next());
}

TEST(RandomTest, BelowStaysBelowAndCoversTheRange) {
  Random random(5);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(RandomTest, NormalAndExponentialHaveTheirMoments) {
  Random random(6);
  double sum = 0;
  double squares = 0;
  double waits = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    waits += random.exponential();
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.02);
  EXPECT_NEAR(waits / kDraws, 1.0, 0.01);
}

}  // namespace
}  // namespace millrace
