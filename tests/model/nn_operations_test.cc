#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "model/nn/dropout.h"
#include "model/nn/linear.h"
#include "model/nn/lookup.h"
#include "model/nn/normalise.h"
#include "model/nn/pooling.h"
#include "model/nn/project.h"
#include "model/nn/softmax.h"
#include "model/nn/tanh.h"
#include "model/nn/vector_ops.h"
#include "tests/model/nn_gradient.h"

namespace millrace::nn {
namespace {

constexpr std::size_t kDepth = 32;

TEST(VectorOps, AgreeWithPlainLoops) {
  Buffer a = random_buffer(1, 48, 1);
  Buffer b = random_buffer(1, 48, 2);
  double expected = 0.0;
  for (std::size_t i = 0; i < 48; ++i) expected += static_cast<double>(a.values[i]) * b.values[i];
  EXPECT_NEAR(dot(a.values.data(), b.values.data(), 48), expected, 1e-4);

  Buffer y = b;
  add_scaled(y.values.data(), 0.5F, a.values.data(), 48);
  scale(y.values.data(), 3.0F, 48);
  for (std::size_t i = 0; i < 48; ++i) EXPECT_NEAR(y.values[i], 3.0F * (b.values[i] + 0.5F * a.values[i]), 1e-5);
}

TEST(VectorOps, WeightedRowsAreAdded) {
  const Buffer rows = random_buffer(3, 48, 1);
  const Buffer before = random_buffer(1, 48, 2);
  const std::array<float, 3> weights{0.5F, 0.0F, -2.0F};
  Buffer y = before;
  add_weighted_rows(y.values.data(), weights, rows.values.data(), 48);
  for (std::size_t i = 0; i < 48; ++i) {
    const float expected = before.values[i] + 0.5F * rows.values[i] - 2.0F * rows.values[96 + i];
    EXPECT_NEAR(y.values[i], expected, 1e-5);
  }
}

TEST(VectorOps, ExponentialIsRightOverItsRange) {
  std::vector<float> x;
  for (int i = 0; i < 1600; ++i) x.push_back(-90.0F + 0.1F * static_cast<float>(i));
  std::vector<float> e = x;
  exponential(e.data(), e.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(std::max(static_cast<double>(x[i]), -87.0));
    EXPECT_NEAR(e[i] / expected, 1.0, 1e-6) << x[i];
  }
}

TEST(Tanh, AgreesWithTheLibrary) {
  Buffer x(1, 1024);
  for (std::size_t i = 0; i < 1024; ++i) x.values[i] = -12.0F + 24.0F * static_cast<float>(i) / 1023.0F;
  Buffer y = x;
  tanh_forward(y.matrix());
  for (std::size_t i = 0; i < 1024; ++i) EXPECT_NEAR(y.values[i], std::tanh(x.values[i]), 3e-7);
}

TEST(Tanh, GradientIsThatOfFiniteDifferences) {
  Buffer x = random_buffer(2, kDepth, 3);
  const Buffer weights = random_buffer(2, kDepth, 4);
  const auto forward = [&] {
    Buffer y = x;
    tanh_forward(y.matrix());
    return y;
  };
  Buffer y = forward();
  Buffer gradient = weights;
  tanh_backward(y.matrix(), gradient.matrix());
  expect_gradient(x.values, gradient.values, [&] { return weighted_sum(weights.values, forward().values); });
}

TEST(Linear, AgreesWithPlainLoopsAndItsGradientsWithFiniteDifferences) {
  Buffer x = random_buffer(6, kDepth, 5);
  Buffer w = random_buffer(16, kDepth, 6);
  const Buffer weights = random_buffer(6, 16, 7);
  const auto forward = [&] {
    Buffer y(6, 16);
    linear_forward(x.matrix(), w.matrix(), y.matrix());
    return y;
  };
  Buffer y = forward();
  for (std::size_t p = 0; p < 6; ++p) {
    for (std::size_t o = 0; o < 16; ++o) {
      double expected = 0.0;
      for (std::size_t i = 0; i < kDepth; ++i) expected += static_cast<double>(x.at(p, i)) * w.at(o, i);
      EXPECT_NEAR(y.at(p, o), expected, 1e-4);
    }
  }
  Buffer dy = weights;
  Buffer dw(16, kDepth);
  Buffer dx(6, kDepth);
  linear_backward(x.matrix(), w.matrix(), dy.matrix(), dw.matrix(), dx.matrix());
  const auto loss = [&] { return weighted_sum(weights.values, forward().values); };
  expect_gradient(x.values, dx.values, loss);
  expect_gradient(w.values, dw.values, loss);
}

TEST(Linear, AddsWhereToldTo) {
  Buffer x = random_buffer(4, 16, 8);
  Buffer w = random_buffer(16, 16, 9);
  Buffer once(4, 16);
  linear_forward(x.matrix(), w.matrix(), once.matrix());
  Buffer twice = once;
  linear_forward(x.matrix(), w.matrix(), twice.matrix(), Into::kAdd);
  for (std::size_t i = 0; i < once.values.size(); ++i) EXPECT_NEAR(twice.values[i], 2.0F * once.values[i], 1e-4);
}

TEST(Normalise, GivesUnitRowsAndZeroForZero) {
  Buffer x = random_buffer(3, kDepth, 10);
  for (std::size_t i = 0; i < kDepth; ++i) x.at(1, i) = 0.0F;
  Buffer y(3, kDepth);
  std::array<float, 3> norms{};
  normalise_rows(x.matrix(), y.matrix(), norms.data());
  EXPECT_NEAR(dot(y.matrix().row(0), y.matrix().row(0), kDepth), 1.0F, 1e-6);
  EXPECT_EQ(dot(y.matrix().row(1), y.matrix().row(1), kDepth), 0.0F);
  EXPECT_NEAR(y.at(2, 5) * norms[2], x.at(2, 5), 1e-6);
}

TEST(Normalise, GradientIsThatOfFiniteDifferences) {
  Buffer x = random_buffer(3, kDepth, 11);
  const Buffer weights = random_buffer(3, kDepth, 12);
  std::array<float, 3> norms{};
  const auto forward = [&] {
    Buffer y(3, kDepth);
    normalise_rows(x.matrix(), y.matrix(), norms.data());
    return y;
  };
  Buffer y = forward();
  Buffer gradient = weights;
  normalise_rows_backward(y.matrix(), norms.data(), gradient.matrix(), gradient.matrix());
  expect_gradient(x.values, gradient.values, [&] { return weighted_sum(weights.values, forward().values); });
}

TEST(Normalise, AZeroRowPassesNoGradient) {
  Buffer x(1, kDepth);
  Buffer y(1, kDepth);
  float norm = 0.0F;
  normalise_rows(x.matrix(), y.matrix(), &norm);
  Buffer gradient = random_buffer(1, kDepth, 13);
  normalise_rows_backward(y.matrix(), &norm, gradient.matrix(), gradient.matrix());
  for (const float value : gradient.values) EXPECT_EQ(value, 0.0F);
}

TEST(Lookup, AddsRowsByIndexAndTheirGradientFlowsBack) {
  Buffer table = random_buffer(4, kDepth, 14);
  const std::vector<std::uint32_t> index{3, 0, 3};
  const Buffer weights = random_buffer(3, kDepth, 15);
  const auto forward = [&] {
    Buffer out(3, kDepth);
    add_lookup(table.matrix(), index, out.matrix());
    return out;
  };
  Buffer out = forward();
  EXPECT_EQ(out.at(0, 7), table.at(3, 7));
  EXPECT_EQ(out.at(1, 7), table.at(0, 7));
  Buffer dout = weights;
  Buffer dtable(4, kDepth);
  add_lookup_backward(index, dout.matrix(), dtable.matrix());
  expect_gradient(table.values, dtable.values, [&] { return weighted_sum(weights.values, forward().values); });
}

TEST(Pooling, WeightsSegmentsAndItsGradientsAreThoseOfFiniteDifferences) {
  Buffer x = random_buffer(5, kDepth, 16);
  std::vector<float> weight{0.2F, 0.8F, 1.0F, -0.5F, 0.3F};
  const std::vector<std::uint32_t> offsets{0, 2, 2, 5};
  const Buffer weights = random_buffer(3, kDepth, 17);
  const auto forward = [&] {
    Buffer out = random_buffer(3, kDepth, 99);
    pool_rows(x.matrix(), weight.data(), offsets, out.matrix());
    return out;
  };
  Buffer out = forward();
  EXPECT_NEAR(out.at(0, 3), 0.2F * x.at(0, 3) + 0.8F * x.at(1, 3), 1e-6);
  EXPECT_EQ(out.at(1, 3), 0.0F);
  Buffer dout = weights;
  std::vector<float> dweight(5);
  Buffer dx(5, kDepth);
  pool_rows_backward(x.matrix(), weight.data(), offsets, dout.matrix(), dweight.data(), dx.matrix());
  const auto loss = [&] { return weighted_sum(weights.values, forward().values); };
  expect_gradient(x.values, dx.values, loss);
  expect_gradient(weight, dweight, loss);
}

TEST(Project, AgreesWithFiniteDifferences) {
  Buffer h = random_buffer(4, kDepth, 18);
  Buffer v = random_buffer(1, kDepth, 19);
  const std::vector<float> weights{1.0F, -2.0F, 0.5F, 3.0F};
  const auto forward = [&] {
    std::vector<float> out(4);
    project_rows(h.matrix(), v.values.data(), out.data());
    return out;
  };
  EXPECT_NEAR(forward()[2], dot(h.matrix().row(2), v.values.data(), kDepth), 1e-6);
  Buffer dv(1, kDepth);
  Buffer dh(4, kDepth);
  project_rows_backward(h.matrix(), v.values.data(), weights.data(), dv.values.data(), dh.matrix());
  const auto loss = [&] { return weighted_sum(weights, forward()); };
  expect_gradient(h.values, dh.values, loss);
  expect_gradient(v.values, dv.values, loss);
}

TEST(SegmentSoftmax, SumsToOneAndAgreesWithFiniteDifferences) {
  std::vector<float> logits{0.3F, -1.0F, 2.0F, 60.0F, 59.0F};
  const std::vector<std::uint32_t> offsets{0, 3, 3, 5};
  const std::vector<float> weights{1.0F, 2.0F, -1.0F, 0.5F, 3.0F};
  const auto forward = [&] {
    std::vector<float> x = logits;
    x.resize(16);
    segment_softmax(offsets, x.data());
    x.resize(5);
    return x;
  };
  const std::vector<float> softmax = forward();
  EXPECT_NEAR(softmax[0] + softmax[1] + softmax[2], 1.0F, 1e-6);
  EXPECT_NEAR(softmax[3], 1.0 / (1.0 + std::exp(-1.0)), 1e-6);
  std::vector<float> gradient = weights;
  segment_softmax_backward(offsets, softmax.data(), gradient.data());
  expect_gradient(logits, gradient, [&] { return weighted_sum(weights, forward()); });
}

TEST(Dropout, ZeroesTheRateAndKeepsTheMean) {
  Buffer x(64, 128);
  for (float& value : x.values) value = 1.0F;
  Random random(20);
  std::vector<std::uint8_t> noise(x.values.size());
  fill_noise(random, noise);
  Buffer y(64, 128);
  const DropoutRate rate(0.25F);
  dropout(x.matrix(), noise, rate, y.matrix());
  double sum = 0.0;
  std::size_t zeros = 0;
  for (const float value : y.values) {
    sum += value;
    if (value == 0.0F) ++zeros;
    EXPECT_TRUE(value == 0.0F || std::abs(value - 4.0F / 3.0F) < 1e-6);
  }
  EXPECT_NEAR(sum / 8192.0, 1.0, 0.03);
  EXPECT_NEAR(static_cast<double>(zeros) / 8192.0, 0.25, 0.02);
}

TEST(Dropout, TheSameSeedGivesTheSameMaskAndNoRateChangesNothing) {
  Random first(21);
  Random second(21);
  std::vector<std::uint8_t> a(64);
  std::vector<std::uint8_t> b(64);
  fill_noise(first, a);
  fill_noise(second, b);
  EXPECT_EQ(a, b);
  Buffer x = random_buffer(2, kDepth, 22);
  Buffer y(2, kDepth);
  dropout(x.matrix(), a, DropoutRate(0.0F), y.matrix());
  EXPECT_EQ(x.values, y.values);
}

}  // namespace
}  // namespace millrace::nn
