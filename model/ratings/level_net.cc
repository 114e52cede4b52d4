#include "model/ratings/level_net.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "core/check.h"
#include "core/random.h"
#include "model/families/row_error.h"
#include "model/nn/adam.h"

namespace millrace {
namespace {

namespace layers = level_layers;

constexpr std::string_view kWeightTable = "n";
constexpr std::string_view kPairTable = "x";
constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint64_t kInitialPurpose = 107;
constexpr std::uint64_t kReplayPurpose = 108;
constexpr float kRate = 0.0022F;
constexpr float kWarmSteps = 50.0F;
constexpr float kWeightDecay = 9e-4F;  // of the hidden units' weights

}  // namespace

LevelNet::LevelNet(std::uint64_t seed, std::size_t ring_size)
    : seed_(seed),
      ring_size_(ring_size),
      weights_(layers::kParameters),
      means_(layers::kParameters),
      variances_(layers::kParameters),
      gradient_(layers::kParameters) {
  MILLRACE_CHECK(ring_size > 0 && ring_size % kMinibatch == 0);
  Random random(seed, 0, kInitialPurpose);
  const double deviation = 1.0 / std::sqrt(static_cast<double>(layers::kInputs));
  for (std::size_t i = 0; i < layers::kInputs * layers::kHidden; ++i) {
    weights_[layers::kHiddenWeights + i] = static_cast<float>(deviation * random.normal());
  }
}

float LevelNet::predict(const Inputs& inputs, float ridge) const {
  const layers::Activations a = layers::forward(weights_.data(), inputs, ridge);
  float mean = 0.0F;
  for (std::size_t o = 0; o < layers::kLevels; ++o) mean += a.shares[o] * layers::level_of(o);
  return mean;
}

void LevelNet::learn(const Inputs& inputs, float ridge, float level, std::uint32_t replays) {
  const std::size_t slot = count_++ % ring_size_;
  if (slot == ring_.size()) ring_.emplace_back();
  ring_[slot] = {inputs, ridge, level};
  if (count_ % kMinibatch != 0) return;
  for (std::size_t i = 0; i < kMinibatch; ++i) add_gradient(ring_[slot - i]);
  step();
  Random random(seed_, count_, kReplayPurpose);
  for (std::uint32_t replay = 0; replay < replays; ++replay) {
    for (std::size_t i = 0; i < kMinibatch; ++i) add_gradient(ring_[random.below(ring_.size())]);
    step();
  }
}

void LevelNet::add_gradient(const Pair& pair) {
  const layers::Activations a = layers::forward(weights_.data(), pair.inputs, pair.ridge);
  layers::backward(weights_.data(), pair.inputs, a, layers::logit_gradient(a, pair.level), gradient_.data());
}

void LevelNet::step() {
  ++steps_;
  for (std::size_t p = 0; p < layers::kParameters; ++p) {
    const bool decays = p < layers::kHiddenBiases || (p >= layers::kOutputWeights && p < layers::kLinearWeights);
    gradient_[p] = gradient_[p] / static_cast<float>(kMinibatch) + (decays ? kWeightDecay * weights_[p] : 0.0F);
  }
  nn::AdamSettings settings;
  settings.rate = kRate * std::min(1.0F, static_cast<float>(steps_) / kWarmSteps);
  nn::adam_step({settings, steps_}, gradient_.data(), weights_.data(), means_.data(), variances_.data(),
                layers::kParameters);
  std::fill(gradient_.begin(), gradient_.end(), 0.0F);
}

void LevelNet::save(const RowSink& sink, bool all) {
  if (!all && saved_ == count_) return;
  const std::uint64_t kept_from = count_ - ring_.size();
  for (std::uint64_t i = all ? kept_from : std::max(saved_, kept_from); i < count_; ++i) {
    const auto slot = static_cast<std::uint32_t>(i % ring_size_);
    ByteWriter row;
    row.u8(kRowVersion);
    row.floats(ring_[slot].inputs);
    row.f32(ring_[slot].ridge);
    row.f32(ring_[slot].level);
    sink(kPairTable, key_u32(slot), row.take());
  }
  saved_ = count_;
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(count_);
  row.varint(steps_);
  for (const std::vector<float>* values : {&weights_, &means_, &variances_}) row.floats(*values);
  sink(kWeightTable, "", row.take());
}

Status LevelNet::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kWeightTable) return load_weights(value);
  if (table == kPairTable) return load_pair(key, value);
  return unreadable_row("ratings", table);
}

Status LevelNet::load_weights(std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  count_ = saved_ = row.varint();
  steps_ = row.varint();
  for (std::vector<float>* values : {&weights_, &means_, &variances_}) row.floats(*values);
  return version == kRowVersion && row.done() ? Status(Ok{}) : unreadable_row("ratings", kWeightTable);
}

Status LevelNet::load_pair(std::string_view key, std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  Pair pair;
  row.floats(pair.inputs);
  pair.ridge = row.f32();
  pair.level = row.f32();
  const bool next = key.size() == 4 && read_key(key, 0, 4) == ring_.size() && ring_.size() < ring_size_;
  if (version != kRowVersion || !row.done() || !next) return unreadable_row("ratings", kPairTable);
  ring_.push_back(pair);
  return Ok{};
}

Status LevelNet::loaded() {
  const bool whole = ring_.size() == std::min<std::uint64_t>(count_, ring_size_);
  return whole ? Status(Ok{}) : unreadable_row("ratings", kPairTable);
}

std::uint64_t LevelNet::memory_bytes() const {
  return ring_.capacity() * sizeof(Pair) + 4 * layers::kParameters * sizeof(float);
}

}  // namespace millrace
