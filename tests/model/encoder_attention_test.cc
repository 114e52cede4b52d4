#include "model/families/encoder_attention.h"

#include <gtest/gtest.h>

#include "model/nn/matmul.h"
#include "tests/model/nn_gradient.h"

namespace millrace::encoder {
namespace {

using nn::Buffer;
using nn::expect_gradient;

constexpr std::size_t kDepth = 16;

EncoderOptions options() {
  EncoderOptions out;
  out.dimension = kDepth;
  out.length = 3;
  out.use_user = true;
  return out;
}

struct Fixture {
  Parameters parameters{options(), 2, 7};
  nn::EmbeddingTable items{{.dimension = kDepth}};
  std::vector<Context> contexts = std::vector<Context>(3);
  nn::Arena packing;
  Contexts packed;
  Buffer x{nn::padded(7, kPositionPadding), kDepth};
  Buffer weights{kContextPadding, kDepth};

  Fixture() {
    for (std::uint32_t key = 0; key < 5; ++key) items.touch(key, key);
    const auto add = [](Context& context, ItemIndex item, std::uint8_t kind, std::int64_t time) {
      context.history.push_back({item, KindIndex{kind}, {time}, 0.0F});
      context.now = {100'000};
    };
    for (std::uint32_t i = 0; i < 4; ++i) add(contexts[0], ItemIndex{i}, i % 2, 1'000 * i);
    add(contexts[1], ItemIndex{4}, 1, 5);
    add(contexts[1], kUnknownItem, 0, 6);
    add(contexts[2], ItemIndex{2}, 0, 99'000);
    add(contexts[2], ItemIndex{2}, 1, 99'900);
    const std::vector<const Context*> pointers{&contexts[0], &contexts[1], &contexts[2]};
    packed = pack_contexts(pointers, items, options(), 2, packing);
    const Buffer noise = nn::random_buffer(6, kDepth, 1, 0.5F);
    std::copy(noise.values.begin(), noise.values.end(), x.values.begin());
    Random random(2);
    for (auto* p : {&parameters.query, &parameters.kind, &parameters.gap, &parameters.user})
      fill_normal(*p, random, 0.4F);
    for (std::size_t i = 0; i < 3 * kDepth; ++i) weights.values[i] = static_cast<float>(random.normal());
  }

  double loss() {
    nn::Arena arena;
    const Attention out = attention_forward(parameters, options(), packed, x.matrix(), arena);
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.values.size(); ++i)
      sum += static_cast<double>(weights.values[i]) * out.pooled.data[i];
    return sum;
  }
};

TEST(Contexts, ArePackedNewestLastWithUnknownItemsLeftOut) {
  Fixture f;
  ASSERT_EQ(f.packed.row.size(), 6U);
  EXPECT_EQ(f.packed.begin[1], 3U);
  EXPECT_EQ(f.packed.row[0], 1U);  // the oldest of four is beyond the length
  EXPECT_EQ(f.packed.position[0], 0U);
  EXPECT_EQ(f.packed.position[2], 2U);
  EXPECT_EQ(f.packed.newest[0], 2U);
  EXPECT_EQ(f.packed.position[3], 1U);  // before the unknown one
  EXPECT_EQ(f.packed.newest[1], kNoPosition);
  EXPECT_EQ(f.packed.kind[3], 1U);
  EXPECT_EQ(f.packed.gap[5], 7U);   // 100 ms
  EXPECT_EQ(f.packed.gap[4], 10U);  // 1 s
}

TEST(Attention, GradientOfTheInputsIsThatOfFiniteDifferences) {
  Fixture f;
  nn::Arena arena;
  const Attention forward = attention_forward(f.parameters, options(), f.packed, f.x.matrix(), arena);
  const nn::Matrix dx =
      attention_backward(f.parameters, options(), f.packed, f.x.matrix(), forward, f.weights.matrix(), arena);
  std::vector<float> used(f.x.values.begin(), f.x.values.begin() + 6 * kDepth);
  std::vector<float> gradient(dx.data, dx.data + 6 * kDepth);
  expect_gradient(used, gradient, [&] {
    std::copy(used.begin(), used.end(), f.x.values.begin());
    return f.loss();
  });
}

TEST(Attention, GradientsOfTheParametersAreThoseOfFiniteDifferences) {
  Fixture f;
  nn::Arena arena;
  f.parameters.set.zero_gradients();
  const Attention forward = attention_forward(f.parameters, options(), f.packed, f.x.matrix(), arena);
  attention_backward(f.parameters, options(), f.packed, f.x.matrix(), forward, f.weights.matrix(), arena);
  for (nn::Parameter* p : {&f.parameters.position_bias, &f.parameters.position, &f.parameters.kind, &f.parameters.gap,
                           &f.parameters.key, &f.parameters.last, &f.parameters.query, &f.parameters.user}) {
    SCOPED_TRACE(p->name);
    std::vector<float> values(p->value.data, p->value.data + p->value.size());
    const std::vector<float> gradient(p->gradient.data, p->gradient.data + p->gradient.size());
    double largest = 0.0;
    for (const float g : gradient) largest = std::max(largest, std::abs(static_cast<double>(g)));
    EXPECT_GT(largest, 0.0);
    expect_gradient(values, gradient, [&] {
      std::copy(values.begin(), values.end(), p->value.data);
      return f.loss();
    });
    std::copy(values.begin(), values.end(), p->value.data);
  }
}

TEST(Attention, WhatIsSwitchedOffGetsNoGradientAndChangesNothing) {
  Fixture f;
  EncoderOptions off = options();
  off.use_kinds = off.use_gaps = off.use_user = false;
  nn::Arena arena;
  f.parameters.set.zero_gradients();
  const Attention forward = attention_forward(f.parameters, off, f.packed, f.x.matrix(), arena);
  attention_backward(f.parameters, off, f.packed, f.x.matrix(), forward, f.weights.matrix(), arena);
  const std::vector<float> before(forward.pooled.data, forward.pooled.data + forward.pooled.size());
  for (nn::Parameter* p : {&f.parameters.kind, &f.parameters.gap, &f.parameters.user}) {
    for (std::size_t i = 0; i < p->gradient.size(); ++i) EXPECT_EQ(p->gradient.data[i], 0.0F);
    Random random(9);
    fill_normal(*p, random, 1.0F);
  }
  const Attention again = attention_forward(f.parameters, off, f.packed, f.x.matrix(), arena);
  EXPECT_EQ(std::vector<float>(again.pooled.data, again.pooled.data + again.pooled.size()), before);
}

}  // namespace
}  // namespace millrace::encoder
