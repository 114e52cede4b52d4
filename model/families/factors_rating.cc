#include "model/families/factors_rating.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "core/random.h"
#include "model/families/factor_rows.h"
#include "model/families/row_error.h"
#include "model/nn/adagrad.h"
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

}  // namespace

RatingFactors::RatingFactors(const FactorsOptions& options, std::uint64_t seed)
    : options_(options),
      seed_(seed),
      dimension_(factor_dimension(options)),
      users_(factor_table(dimension_ + nn::kLanes, options.max_users)),
      items_(factor_table(dimension_ + nn::kLanes, kMostFactorItems)),
      user_gradient_(dimension_),
      item_gradient_(dimension_) {}

RatingFactors::Row RatingFactors::row(nn::EmbeddingTable& table, std::uint32_t index) const {
  float* begin = table.vector(index, 0);
  float* rest = begin + dimension_;
  return {begin, rest[0], rest[1], rest[2]};
}

std::uint32_t RatingFactors::touch(nn::EmbeddingTable& table, std::uint64_t key, std::uint64_t clock,
                                   std::uint64_t purpose) {
  const auto touched = table.touch(key, clock);
  if (touched.admitted) {
    draw_factors({table.vector(touched.row, 0), dimension_}, Random(seed_, key, purpose), kInitialDeviation);
  }
  return touched.row;
}

void RatingFactors::learn(const Example& example) {
  least_ = count_ == 0 ? example.value : std::min(least_, example.value);
  most_ = count_ == 0 ? example.value : std::max(most_, example.value);
  sum_ += static_cast<double>(example.value);
  ++count_;
  dirty_ = true;
  const std::uint32_t user = touch(users_, raw(example.context.user), example.sequence, kRatingUserPurpose);
  const std::uint32_t item = touch(items_, raw(example.item), example.sequence, kRatingItemPurpose);
  step(user, item, example.value);
}

void RatingFactors::replay(const Example& example) {
  const std::uint32_t user = users_.find(raw(example.context.user));
  const std::uint32_t item = items_.find(raw(example.item));
  if (user != nn::EmbeddingTable::kNoRow && item != nn::EmbeddingTable::kNoRow) step(user, item, example.value);
}

void RatingFactors::step(std::uint32_t user, std::uint32_t item, float value) {
  const Row u = row(users_, user);
  const Row i = row(items_, item);
  const float error = mean() + u.bias + i.bias + nn::dot(u.factors, i.factors, dimension_) - value;
  const float held = kFactorRegularisation * options_.regularisation;
  for (std::size_t k = 0; k < dimension_; ++k) {
    user_gradient_[k] = error * i.factors[k] + held * u.factors[k];
    item_gradient_[k] = error * u.factors[k] + held * i.factors[k];
  }
  const nn::AdagradSettings settings{kFactorRate * options_.rate};
  nn::adagrad_row_step(settings, user_gradient_.data(), u.factors, &u.factor_squares, dimension_);
  nn::adagrad_row_step(settings, item_gradient_.data(), i.factors, &i.factor_squares, dimension_);
  step_bias(u, error);
  step_bias(i, error);
  users_.mark(user);
  items_.mark(item);
}

void RatingFactors::step_bias(const Row& row, float error) const {
  const float gradient = error + kBiasRegularisation * options_.regularisation * row.bias;
  row.bias_squares += gradient * gradient;
  if (row.bias_squares > 0.0F) row.bias -= kBiasRate * options_.rate * gradient / std::sqrt(row.bias_squares);
}

std::optional<float> RatingFactors::predict(UserIndex user, ItemIndex item) const {
  if (count_ == 0) return std::nullopt;
  const std::uint32_t u = users_.find(raw(user));
  const std::uint32_t i = items_.find(raw(item));
  float rating = mean();
  if (u != nn::EmbeddingTable::kNoRow) rating += users_.vector(u, 0)[dimension_];
  if (i != nn::EmbeddingTable::kNoRow) rating += items_.vector(i, 0)[dimension_];
  if (u != nn::EmbeddingTable::kNoRow && i != nn::EmbeddingTable::kNoRow) {
    rating += nn::dot(users_.vector(u, 0), items_.vector(i, 0), dimension_);
  }
  return std::clamp(rating, least_, most_);
}

void RatingFactors::save(const RowSink& sink, bool all) {
  save_factor_rows(users_, kUserTable, sink, all);
  save_factor_rows(items_, kItemTable, sink, all);
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
