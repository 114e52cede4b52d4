// Exact expected numbers for one and two steps of each optimiser, computed by hand from the formulas.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "model/nn/adagrad.h"
#include "model/nn/adam.h"
#include "model/nn/clip.h"
#include "model/nn/parameters.h"
#include "model/nn/sgd.h"

namespace millrace::nn {
namespace {

std::vector<float> sixteen(float value) { return std::vector<float>(16, value); }

TEST(Sgd, SubtractsRateTimesGradient) {
  std::vector<float> w = sixteen(1.0F);
  sgd_step(0.1F, sixteen(2.0F).data(), w.data(), 16);
  EXPECT_FLOAT_EQ(w[3], 0.8F);
}

TEST(WeightDecay, ShrinksApartFromTheGradient) {
  std::vector<float> w = sixteen(2.0F);
  decay_weights(0.1F, 0.5F, w.data(), 16);
  EXPECT_FLOAT_EQ(w[0], 1.9F);
  decay_weights(0.1F, 0.0F, w.data(), 16);
  EXPECT_FLOAT_EQ(w[0], 1.9F);
}

TEST(Adagrad, TwoSteps) {
  const AdagradSettings settings{.rate = 0.5F, .epsilon = 0.0F};
  std::vector<float> w = sixteen(1.0F);
  std::vector<float> s = sixteen(0.0F);
  adagrad_step(settings, sixteen(3.0F).data(), w.data(), s.data(), 16);
  EXPECT_FLOAT_EQ(w[7], 0.5F);  // 1 − 0.5 · 3 / √9
  adagrad_step(settings, sixteen(4.0F).data(), w.data(), s.data(), 16);
  EXPECT_FLOAT_EQ(s[7], 25.0F);
  EXPECT_FLOAT_EQ(w[7], 0.1F);  // 0.5 − 0.5 · 4 / √25
}

TEST(RowWiseAdagrad, SharesOneSumOverTheRow) {
  const AdagradSettings settings{.rate = 1.0F, .epsilon = 0.0F};
  std::vector<float> w = sixteen(0.0F);
  std::vector<float> g = sixteen(0.0F);
  g[0] = 8.0F;  // mean of squares: 4
  float square = 0.0F;
  adagrad_row_step(settings, g.data(), w.data(), &square, 16);
  EXPECT_FLOAT_EQ(square, 4.0F);
  EXPECT_FLOAT_EQ(w[0], -4.0F);
  EXPECT_FLOAT_EQ(w[1], 0.0F);
}

TEST(Adam, TwoSteps) {
  const AdamSettings settings{.rate = 0.1F, .beta1 = 0.5F, .beta2 = 0.75F, .epsilon = 0.0F};
  std::vector<float> w = sixteen(1.0F);
  std::vector<float> m = sixteen(0.0F);
  std::vector<float> v = sixteen(0.0F);
  adam_step(AdamStep(settings, 1), sixteen(2.0F).data(), w.data(), m.data(), v.data(), 16);
  EXPECT_FLOAT_EQ(m[0], 1.0F);
  EXPECT_FLOAT_EQ(v[0], 1.0F);
  EXPECT_FLOAT_EQ(w[0], 0.9F);  // corrected moments 2 and 4: 1 − 0.1 · 2 / √4
  adam_step(AdamStep(settings, 2), sixteen(0.0F).data(), w.data(), m.data(), v.data(), 16);
  EXPECT_FLOAT_EQ(m[0], 0.5F);
  EXPECT_FLOAT_EQ(v[0], 0.75F);
  const float mean = 0.5F / (1.0F - 0.25F);
  const float variance = 0.75F / (1.0F - 0.5625F);
  EXPECT_FLOAT_EQ(w[0], 0.9F - 0.1F * mean / std::sqrt(variance));
}

TEST(Clip, ScalesAllGradientsTogether) {
  std::vector<float> a = sixteen(0.0F);
  std::vector<float> b = sixteen(0.0F);
  a[0] = 3.0F;
  b[5] = 4.0F;
  const std::vector<std::span<float>> gradients{a, b};
  EXPECT_FLOAT_EQ(clip_global_norm(gradients, 10.0F), 5.0F);
  EXPECT_FLOAT_EQ(a[0], 3.0F);
  EXPECT_FLOAT_EQ(clip_global_norm(gradients, 1.0F), 5.0F);
  EXPECT_FLOAT_EQ(a[0], 0.6F);
  EXPECT_FLOAT_EQ(b[5], 0.8F);
  clip_global_norm(gradients, 0.0F);
  EXPECT_FLOAT_EQ(b[5], 0.8F);
}

void fill_gradients(ParameterSet& set, Parameter& a, Parameter& b, std::uint64_t seed) {
  set.zero_gradients();
  Random random(seed);
  for (std::size_t i = 0; i < a.gradient.size(); ++i) a.gradient.data[i] = static_cast<float>(random.normal());
  for (std::size_t i = 0; i < b.gradient.size(); ++i) b.gradient.data[i] = static_cast<float>(random.normal());
}

struct Two {
  ParameterSet set;
  Parameter& a = set.add("a", 3, 5);
  Parameter& b = set.add("b", 2, 16);
  void step(std::uint64_t number) {
    fill_gradients(set, a, b, number);
    set.step({.rate = 0.01F}, number, 1.0F, 0.1F);
  }
  std::vector<float> values() const {
    std::vector<float> out(a.value.data, a.value.data + a.value.size());
    out.insert(out.end(), b.value.data, b.value.data + b.value.size());
    return out;
  }
};

TEST(ParameterSet, SaveRestoreStepEqualsTheUninterruptedRun) {
  Two straight;
  Random random(1);
  fill_uniform(straight.a, random, 0.5F);
  for (std::uint64_t step = 1; step <= 3; ++step) straight.step(step);
  std::map<std::string, std::string> rows;
  straight.set.save([&](std::string key, std::string value) { rows[key] = value; });
  straight.step(4);

  Two restored;
  for (const auto& [name, bytes] : rows) ASSERT_TRUE(restored.set.load(name, bytes).ok());
  restored.step(4);
  EXPECT_EQ(restored.values(), straight.values());
}

TEST(ParameterSet, RefusesUnknownNamesAndOtherShapes) {
  Two set;
  std::map<std::string, std::string> rows;
  set.set.save([&](std::string key, std::string value) { rows[key] = value; });
  EXPECT_FALSE(set.set.load("c", rows["a"]).ok());
  EXPECT_FALSE(set.set.load("b", rows["a"]).ok());
  EXPECT_FALSE(set.set.load("a", rows["a"].substr(1)).ok());
}

}  // namespace
}  // namespace millrace::nn
