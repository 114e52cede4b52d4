#include "model/families/factors_rating.h"

#include <algorithm>

#include "core/bytes.h"
#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kUserTable = "ru";
constexpr std::string_view kItemTable = "ri";
constexpr std::string_view kStateTable = "rt";
constexpr std::uint8_t kRowVersion = 1;
// Ratios found on MovieLens-100k: Adagrad takes larger steps than plain descent, biases larger ones than factors; and
// many ratings stand behind a bias, so it needs little holding back.
constexpr float kFactorRate = 2.0F;
constexpr float kBiasRate = 6.0F;
constexpr float kFactorRegularisation = 4.0F;
constexpr float kBiasRegularisation = 0.5F;
constexpr float kInitialDeviation = 0.05F;
constexpr std::uint64_t kUserPurpose = 101;
constexpr std::uint64_t kItemPurpose = 102;

}  // namespace

RatingFactors::RatingFactors(const FactorsOptions& options, std::uint64_t seed)
    : options_(options),
      users_({options.dimension, options.max_users, seed, kUserPurpose, kInitialDeviation}),
      items_({options.dimension, kMostFactorItems, seed, kItemPurpose, kInitialDeviation}),
      user_gradient_(users_.dimension()),
      item_gradient_(users_.dimension()) {}

void RatingFactors::learn(const Example& example) {
  least_ = count_ == 0 ? example.value : std::min(least_, example.value);
  most_ = count_ == 0 ? example.value : std::max(most_, example.value);
  sum_ += static_cast<double>(example.value);
  ++count_;
  dirty_ = true;
  const std::uint32_t user = users_.touch(raw(example.context.user), example.sequence);
  const std::uint32_t item = items_.touch(raw(example.item), example.sequence);
  step(user, item, example.value);
}

void RatingFactors::replay(const Example& example) {
  const std::uint32_t user = users_.find(raw(example.context.user));
  const std::uint32_t item = items_.find(raw(example.item));
  if (user != FactorTable::kNoRow && item != FactorTable::kNoRow) step(user, item, example.value);
}

void RatingFactors::step(std::uint32_t user, std::uint32_t item, float value) {
  const float* p = users_.factors(user);
  const float* q = items_.factors(item);
  const std::size_t dimension = users_.dimension();
  const float error = mean() + users_.bias(user) + items_.bias(item) + nn::dot(p, q, dimension) - value;
  const float held = kFactorRegularisation * options_.regularisation;
  for (std::size_t k = 0; k < dimension; ++k) {
    user_gradient_[k] = error * q[k] + held * p[k];
    item_gradient_[k] = error * p[k] + held * q[k];
  }
  users_.step(user, user_gradient_.data(), kFactorRate * options_.rate);
  items_.step(item, item_gradient_.data(), kFactorRate * options_.rate);
  const float bias_held = kBiasRegularisation * options_.regularisation;
  users_.step_bias(user, error + bias_held * users_.bias(user), kBiasRate * options_.rate);
  items_.step_bias(item, error + bias_held * items_.bias(item), kBiasRate * options_.rate);
}

std::optional<float> RatingFactors::predict(UserIndex user, ItemIndex item) const {
  if (count_ == 0) return std::nullopt;
  const std::uint32_t u = users_.find(raw(user));
  const std::uint32_t i = items_.find(raw(item));
  float rating = mean();
  if (u != FactorTable::kNoRow) rating += users_.bias(u);
  if (i != FactorTable::kNoRow) rating += items_.bias(i);
  if (u != FactorTable::kNoRow && i != FactorTable::kNoRow) {
    rating += nn::dot(users_.factors(u), items_.factors(i), users_.dimension());
  }
  return std::clamp(rating, least_, most_);
}

void RatingFactors::save(const RowSink& sink, bool all) {
  users_.save(kUserTable, sink, all);
  items_.save(kItemTable, sink, all);
  if (!dirty_ && !all) return;
  dirty_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  row.f64(sum_);
  row.varint(count_);
  row.f32(least_);
  row.f32(most_);
  sink(kStateTable, "", row.take());
}

Status RatingFactors::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kUserTable) return users_.load(key, value);
  if (table == kItemTable) return items_.load(key, value);
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  sum_ = row.f64();
  count_ = row.varint();
  least_ = row.f32();
  most_ = row.f32();
  const bool readable = table == kStateTable && version == kRowVersion && row.done() && least_ <= most_;
  return readable ? Status(Ok{}) : unreadable_row("factors", table);
}

Status RatingFactors::loaded() {
  MILLRACE_RETURN_IF_ERROR(users_.loaded());
  return items_.loaded();
}

}  // namespace millrace
