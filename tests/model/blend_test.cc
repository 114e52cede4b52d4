#include "model/blend.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace millrace {
namespace {

// Two families: the first scores the target highest, the second is noise.
Candidates informative_and_noise(Random& random, std::size_t target) {
  Candidates candidates;
  candidates.families = 2;
  for (std::uint32_t i = 0; i < 10; ++i) {
    candidates.items.push_back(ItemIndex{i});
    candidates.scores.push_back(i == target ? -1.0F : -3.0F);
    candidates.scores.push_back(static_cast<float>(-5.0 * random.uniform()));
  }
  return candidates;
}

void teach(Blend& blend, std::uint64_t seed, int examples) {
  Random random(seed);
  for (int i = 0; i < examples; ++i) {
    const std::size_t target = random.below(10);
    blend.learn(informative_and_noise(random, target), target);
  }
}

TEST(BlendTest, LearnsWhichSourceToTrust) {
  Blend blend({0.2F, 0.2F}, 0.01F, 8);
  teach(blend, 1, 4000);
  EXPECT_GT(blend.weights()[0], 1.0F);
  EXPECT_NEAR(blend.weights()[1], 0.0F, 0.1F);
}

TEST(BlendTest, WaitsForAWholeMinibatch) {
  Blend blend({0.2F, 0.2F}, 0.01F, 8);
  teach(blend, 1, 7);
  EXPECT_EQ(blend.weights()[0], 0.2F);
  teach(blend, 2, 1);
  EXPECT_NE(blend.weights()[0], 0.2F);
}

TEST(BlendTest, RestoredInMidBatchItContinuesLikeTheOriginal) {
  Blend original({1.0F, 0.1F}, 0.01F, 8);
  teach(original, 3, 77);
  Blend restored({0.0F, 0.0F}, 0.01F, 8);
  ASSERT_TRUE(restored.decode(original.encode()).ok());
  teach(original, 4, 50);
  teach(restored, 4, 50);
  EXPECT_EQ(original.encode(), restored.encode());
}

TEST(BlendTest, RefusesARowOfOtherFamilies) {
  const Blend two({1.0F, 0.1F}, 0.01F, 8);
  Blend three({1.0F, 0.1F, 0.1F}, 0.01F, 8);
  const Status status = three.decode(two.encode());
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("fresh state directory"), std::string::npos);
}

TEST(CandidatesTest, FindsAnItemOrSaysNone) {
  Candidates candidates;
  candidates.items = {ItemIndex{2}, ItemIndex{5}, ItemIndex{9}};
  EXPECT_EQ(candidates.find(ItemIndex{5}), 1U);
  EXPECT_EQ(candidates.find(ItemIndex{6}), 3U);
}

}  // namespace
}  // namespace millrace
