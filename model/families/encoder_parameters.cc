#include "model/families/encoder_parameters.h"

#include <algorithm>
#include <cmath>

#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

// Recency to begin with: each position weighs e^0.3 of the one before it.
constexpr float kPositionSlope = 0.3F;
// Soft to begin with: at 1/0.07, where session clicks end, the first thousand mini-batches decide too early.
constexpr float kFirstScale = 3.0F;
constexpr float kPositionDeviation = 0.02F;
// A scale beyond this makes the softmax a maximum, and its exponentials leave f32.
constexpr float kLargestScale = 100.0F;
constexpr std::uint64_t kPurpose = 0x656e63;  // apart from what else is drawn from the seed

}  // namespace

Parameters::Parameters(const EncoderOptions& options, std::size_t kinds, std::uint64_t seed)
    : log_scale(set.add("log_scale", 1, 1)),
      repeat_bias(set.add("repeat_bias", 1, options.length)),
      position_bias(set.add("position_bias", 1, options.length)),
      position(set.add("position", options.length, options.dimension)),
      kind(set.add("kind", std::max<std::size_t>(kinds, 1), options.dimension)),
      gap(set.add("gap", kGapBuckets, options.dimension)),
      key(set.add("key", options.dimension, options.dimension)),
      last(set.add("last", options.dimension, options.dimension)),
      query(set.add("query", 1, options.dimension)),
      user(set.add("user", kUserFeatures, options.dimension)),
      start(set.add("start", 1, options.dimension)) {
  Random random(seed, 0, kPurpose);
  log_scale.value.data[0] = std::log(kFirstScale);
  for (std::size_t p = 0; p < options.length; ++p) position_bias.value.data[p] = kPositionSlope * static_cast<float>(p);
  const float bound = 1.0F / std::sqrt(static_cast<float>(options.dimension));
  fill_normal(position, random, kPositionDeviation);
  fill_uniform(key, random, bound);
  fill_uniform(last, random, bound);
}

float Parameters::scale() const { return std::exp(log_scale.value.data[0]); }

bool Parameters::has_start() const {
  return std::any_of(start.value.data, start.value.data + start.value.size(), [](float x) { return x != 0.0F; });
}

void Parameters::step(const EncoderOptions& options, std::uint64_t number) {
  set.step({.rate = options.dense_rate}, number, options.gradient_clip, options.weight_decay);
  log_scale.value.data[0] = std::min(log_scale.value.data[0], std::log(kLargestScale));
  const float length = std::sqrt(nn::dot(start.value.data, start.value.data, start.value.size()));
  if (length > kLargestScale) nn::scale(start.value.data, kLargestScale / length, start.value.size());
}

}  // namespace millrace::encoder
