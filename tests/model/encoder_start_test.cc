#include "model/families/encoder_start.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/nn/parameters.h"
#include "tests/model/nn_gradient.h"

namespace millrace::encoder {
namespace {

constexpr std::size_t kDepth = 16;

// Softmax over the offered negatives and the target, the slow way.
double loss_by_hand(const nn::Buffer& items, std::span<const float> offsets, std::span<const std::uint32_t> targets,
                    const nn::Parameter& start) {
  const auto logit = [&](std::size_t row) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kDepth; ++i) {
      sum += static_cast<double>(start.value.data[i]) * static_cast<double>(items.values[row * kDepth + i]);
    }
    return sum;
  };
  double loss = 0.0;
  for (const std::uint32_t target : targets) {
    double sum = std::exp(logit(target));
    for (std::size_t k = 0; k < offsets.size(); ++k) {
      if (k != target) sum += std::exp(logit(k) + static_cast<double>(offsets[k]));
    }
    loss += std::log(sum) - logit(target);
  }
  return loss;
}

TEST(EncoderStart, ItsLossAndGradientAreThoseOfTheSoftmax) {
  nn::Buffer items = nn::random_buffer(7, kDepth, 1, 0.3F);
  const float padding = -std::numeric_limits<float>::infinity();
  const std::vector<float> offsets{0.0F, 1.5F, 0.2F, padding};
  const std::vector<std::uint32_t> targets{1, 5, 6, 5};  // the first is a negative too; row 4 is nobody's
  nn::ParameterSet set;
  nn::Parameter& start = set.add("start", 1, kDepth);
  Random random(2);
  fill_normal(start, random, 1.0F);
  nn::Arena arena;
  set.zero_gradients();
  EXPECT_NEAR(start_gradient(items.matrix(), offsets, targets, start, arena),
              loss_by_hand(items, offsets, targets, start), 1e-4);
  for (std::size_t i = 0; i < kDepth; ++i) {
    const float value = start.value.data[i];
    const auto loss_at = [&](float there) {
      start.value.data[i] = there;
      return loss_by_hand(items, offsets, targets, start) / static_cast<double>(targets.size());
    };
    const double slope = (loss_at(value + 1e-3F) - loss_at(value - 1e-3F)) / 2e-3;
    start.value.data[i] = value;
    EXPECT_NEAR(start.gradient.data[i], slope, 1e-3) << "element " << i;
  }
}

TEST(EncoderStart, StaysFiniteAtItsGreatestLength) {
  nn::Buffer items(2, kDepth);
  items.at(0, 0) = 1.0F;
  items.at(1, 0) = -1.0F;
  nn::ParameterSet set;
  nn::Parameter& start = set.add("start", 1, kDepth);
  start.value.data[0] = 100.0F;
  nn::Arena arena;
  set.zero_gradients();
  const std::vector<float> offsets{0.0F, 0.0F};
  const std::vector<std::uint32_t> targets{1};
  EXPECT_NEAR(start_gradient(items.matrix(), offsets, targets, start, arena), 200.0, 1e-3);
  EXPECT_NEAR(start.gradient.data[0], 2.0F, 1e-3F);
}

TEST(EncoderStart, NothingIsLearntOfNoTarget) {
  nn::Buffer items = nn::random_buffer(2, kDepth, 1);
  nn::ParameterSet set;
  nn::Parameter& start = set.add("start", 1, kDepth);
  nn::Arena arena;
  set.zero_gradients();
  const std::vector<float> offsets{0.0F};
  EXPECT_EQ(start_gradient(items.matrix(), offsets, {}, start, arena), 0.0);
  EXPECT_EQ(start.gradient.data[0], 0.0F);
}

}  // namespace
}  // namespace millrace::encoder
