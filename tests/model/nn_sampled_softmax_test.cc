#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/nn/arena.h"
#include "model/nn/bfloat16.h"
#include "model/nn/sampled_softmax.h"
#include "tests/model/nn_gradient.h"

namespace millrace::nn {
namespace {

constexpr std::size_t kDepth = 16;
constexpr std::size_t kRows = 16;  // of contexts, padded
constexpr std::size_t kExamples = 3;
constexpr std::size_t kNegatives = 2 * kNegativeBlock;
constexpr std::size_t kUsed = kNegativeBlock + 40;  // the rest is padding
constexpr std::size_t kItems = kNegatives + 4;

// Three rows: the first's positive is an extra beyond the negatives, the second's is also negative 5, the third's is
// the repeat of a context item that is also negative 300.
struct Fixture {
  Buffer contexts = random_buffer(kRows, kDepth, 1, 0.6F);
  Buffer items = random_buffer(kItems, kDepth, 2, 0.6F);
  std::vector<float> offsets = std::vector<float>(kNegatives, -std::numeric_limits<float>::infinity());
  std::vector<SharedHit> hits{{1, 5}, {2, 280}};
  std::vector<std::uint32_t> extra_begin{0, 2, 3, 5};
  std::vector<std::uint32_t> extra_item{kNegatives + 1, kNegatives + 2, 5, 280, kNegatives};
  std::vector<float> extra_bias{0.0F, 0.4F, 0.0F, 1.5F, -0.3F};
  std::vector<std::uint32_t> positive{0, 2, 3};
  float weight = 0.25F;
  Workers* workers = nullptr;
  bool half = false;

  Fixture() {
    Random random(3);
    for (std::size_t k = 0; k < kUsed; ++k) offsets[k] = static_cast<float>(random.uniform() * 3.0);
    for (std::size_t k = kUsed; k < kNegatives; ++k) std::fill_n(items.matrix().row(k), kDepth, 0.0F);
    for (std::size_t b = kExamples; b < kRows; ++b) std::fill_n(contexts.matrix().row(b), kDepth, 0.0F);
  }

  SampledSoftmax input() {
    return {.contexts = contexts.matrix(),
            .items = items.matrix(),
            .offsets = offsets,
            .hits = hits,
            .extra_begin = extra_begin,
            .extra_item = extra_item,
            .extra_bias = extra_bias,
            .positive = positive,
            .shift = 4.0F,
            .weight = weight,
            .workers = workers,
            .half = half};
  }

  double product(std::size_t b, std::size_t item) {
    double sum = 0.0;
    for (std::size_t i = 0; i < kDepth; ++i) sum += static_cast<double>(contexts.at(b, i)) * items.at(item, i);
    return sum;
  }

  // The definition, written out.
  double plain_loss(std::size_t b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < kUsed; ++k) {
      const bool hit =
          std::any_of(hits.begin(), hits.end(), [&](const SharedHit& h) { return h.row == b && h.negative == k; });
      if (!hit) sum += std::exp(product(b, k) + offsets[k]);
    }
    for (std::uint32_t e = extra_begin[b]; e < extra_begin[b + 1]; ++e) {
      sum += std::exp(product(b, extra_item[e]) + extra_bias[e]);
    }
    return std::log(sum) - product(b, extra_item[positive[b]]) - extra_bias[positive[b]];
  }
  double plain_loss() { return plain_loss(0) + plain_loss(1) + plain_loss(2); }
};

struct Gradients {
  Buffer contexts = random_buffer(kRows, kDepth, 9);  // whatever stood there is overwritten
  Buffer items{kItems, kDepth};
  std::vector<float> extra_bias = std::vector<float>(5);
};

double run(Fixture& fixture, Gradients& gradients) {
  Arena arena;
  return sampled_softmax(fixture.input(), arena,
                         {gradients.contexts.matrix(), gradients.items.matrix(), gradients.extra_bias.data()});
}

TEST(SampledSoftmax, LossIsThatOfTheDefinition) {
  Fixture fixture;
  Gradients gradients;
  EXPECT_NEAR(run(fixture, gradients), fixture.plain_loss(), 1e-4);
}

TEST(SampledSoftmax, GradientsAreThoseOfFiniteDifferences) {
  Fixture fixture;
  Gradients gradients;
  run(fixture, gradients);
  const auto loss = [&] { return static_cast<double>(fixture.weight) * fixture.plain_loss(); };
  for (const std::size_t row : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    std::vector<float> expected(gradients.contexts.values.begin() + row * kDepth,
                                gradients.contexts.values.begin() + (row + 1) * kDepth);
    for (std::size_t i = 0; i < kDepth; ++i) {
      float& value = fixture.contexts.at(row, i);
      const float saved = value;
      value = saved + 1e-3F;
      const double above = loss();
      value = saved - 1e-3F;
      const double below = loss();
      value = saved;
      EXPECT_NEAR(expected[i], (above - below) / 2e-3, 2e-4);
    }
  }
  for (const std::size_t item : {std::size_t{5}, std::size_t{6}, std::size_t{280}, kUsed - 1, kNegatives,
                                 kNegatives + 1, kNegatives + 2, kNegatives + 3}) {
    for (std::size_t i = 0; i < kDepth; ++i) {
      float& value = fixture.items.at(item, i);
      const float saved = value;
      value = saved + 1e-3F;
      const double above = loss();
      value = saved - 1e-3F;
      const double below = loss();
      value = saved;
      EXPECT_NEAR(gradients.items.at(item, i), (above - below) / 2e-3, 2e-4) << item;
    }
  }
  expect_gradient(fixture.extra_bias, gradients.extra_bias, loss, 1e-3F);
}

TEST(SampledSoftmax, HelpersChangeNothing) {
  Workers workers(4);
  for (const bool half : {false, true}) {
    if (half && !has_bf16()) continue;
    Fixture fixture;
    fixture.half = half;
    Gradients alone;
    Gradients helped;
    const double loss = run(fixture, alone);
    fixture.workers = &workers;
    EXPECT_EQ(run(fixture, helped), loss);
    EXPECT_EQ(helped.contexts.values, alone.contexts.values);
    EXPECT_EQ(helped.items.values, alone.items.values);
    EXPECT_EQ(helped.extra_bias, alone.extra_bias);
  }
}

TEST(SampledSoftmax, ProductsOfBfloat16AreCloseToThoseOfFloats) {
  if (!has_bf16()) GTEST_SKIP() << "this processor has none";
  Fixture fixture;
  Gradients exact;
  Gradients half;
  const double loss = run(fixture, exact);
  fixture.half = true;
  EXPECT_NEAR(run(fixture, half), loss, 0.01 * loss);
  const auto expect_close = [](const std::vector<float>& a, const std::vector<float>& b) {
    double difference = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      difference += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
      size += static_cast<double>(a[i] * a[i]);
    }
    EXPECT_GT(difference, 0.0) << "the same products";
    EXPECT_LT(difference, 1e-4 * size);
  };
  expect_close(exact.contexts.values, half.contexts.values);
  expect_close(exact.items.values, half.items.values);
}

TEST(SampledSoftmax, PaddingGetsNoGradient) {
  Fixture fixture;
  Gradients gradients;
  run(fixture, gradients);
  for (std::size_t i = 0; i < kDepth; ++i) EXPECT_EQ(gradients.items.at(kUsed, i), 0.0F);
}

TEST(SampledSoftmax, ASharedNegativeThatIsAnExtraCountsOnce) {
  Fixture fixture;
  Gradients gradients;
  const double with_hits = run(fixture, gradients);
  fixture.hits.clear();
  Gradients other;
  EXPECT_GT(run(fixture, other), with_hits + 1e-3);
}

}  // namespace
}  // namespace millrace::nn
