#include "model/ranker/purchase_head.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/random.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::size_t kColumns = nn::kLanes;

// A touch of which the first column, and the event's second, decide whether it becomes a purchase.
struct Touch {
  std::vector<float> features = std::vector<float>(kColumns);
  std::vector<float> event = std::vector<float>(kColumns);
  bool purchased = false;
};

double true_probability(const Touch& touch) {
  return 1.0 /
         (1.0 + std::exp(2.0 - 1.5 * static_cast<double>(touch.features[0]) - static_cast<double>(touch.event[1])));
}

Touch draw_touch(Random& random) {
  Touch touch;
  touch.features[0] = static_cast<float>(random.normal());
  touch.features[1] = static_cast<float>(random.normal());
  touch.event[0] = 1.0F;  // the constant
  touch.event[1] = random.uniform() < 0.5 ? 1.0F : -1.0F;
  touch.purchased = random.uniform() < true_probability(touch);
  return touch;
}

void teach(PurchaseHead& head, std::uint64_t first_step, std::uint64_t steps) {
  for (std::uint64_t step = first_step; step < first_step + steps; ++step) {
    Random random(4, step);
    for (int i = 0; i < 32; ++i) {
      const Touch touch = draw_touch(random);
      head.keep(touch.features, touch.event, touch.purchased);
    }
    head.learn();
  }
}

std::string encoded(const PurchaseHead& head) {
  ByteWriter out;
  head.encode(out);
  return out.take();
}

TEST(PurchaseHead, SaysAHalfBeforeItHasLearnt) {
  const PurchaseHead head(kColumns, kColumns);
  Random random(1);
  const Touch touch = draw_touch(random);
  EXPECT_FLOAT_EQ(head.log_probability(touch.features, touch.event), std::log(0.5F));
}

TEST(PurchaseHead, LearnsTheProbabilityOfAPurchase) {
  PurchaseHead head(kColumns, kColumns);
  teach(head, 1, 2'000);
  Random random(99);
  double error = 0.0;
  for (int i = 0; i < 500; ++i) {
    const Touch touch = draw_touch(random);
    error += std::abs(std::exp(static_cast<double>(head.log_probability(touch.features, touch.event))) -
                      true_probability(touch));
  }
  EXPECT_LT(error / 500.0, 0.03);
}

TEST(PurchaseHead, IsFiniteFarFromWhatItKnows) {
  PurchaseHead head(kColumns, kColumns);
  teach(head, 1, 100);
  std::vector<float> far(kColumns, 1e6F);
  EXPECT_TRUE(std::isfinite(head.log_probability(far, far)));
  for (float& value : far) value = -value;
  EXPECT_TRUE(std::isfinite(head.log_probability(far, far)));
  EXPECT_TRUE(head.is_finite());
}

TEST(PurchaseHead, ContinuesFromItsBytesAsIfNeverInterrupted) {
  PurchaseHead uninterrupted(kColumns, kColumns);
  teach(uninterrupted, 1, 5);
  const std::string bytes = encoded(uninterrupted);
  PurchaseHead restored(kColumns, kColumns);
  ByteReader in(bytes);
  std::vector<std::string> names;
  for (std::size_t c = 0; c < kColumns; ++c) names.push_back(std::to_string(c));
  const StoredColumns columns(names, names);
  restored.decode(in, columns, columns);
  EXPECT_TRUE(in.done());
  teach(uninterrupted, 6, 5);
  teach(restored, 6, 5);
  EXPECT_TRUE(encoded(restored) == encoded(uninterrupted));
}

TEST(PurchaseHead, NothingKeptLearnsNothing) {
  PurchaseHead head(kColumns, kColumns);
  const std::string before = encoded(head);
  head.learn();
  EXPECT_TRUE(encoded(head) == before);
}

}  // namespace
}  // namespace millrace
