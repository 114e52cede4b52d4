#include "model/families/factors_liking.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kUserTable = "lu";
constexpr std::string_view kItemTable = "li";
constexpr std::size_t kNegatives = 16;  // items that a wanted one is set against
constexpr float kAdagradRate = 2.0F;    // times the configured rate: Adagrad takes larger steps than plain descent
constexpr float kInitialDeviation = 0.1F;
constexpr std::uint64_t kUserPurpose = 103;
constexpr std::uint64_t kItemPurpose = 104;

}  // namespace

LikingFactors::LikingFactors(const FactorsOptions& options, std::uint64_t seed)
    : options_(options),
      users_({options.dimension, options.max_users, seed, kUserPurpose, kInitialDeviation}),
      items_({options.dimension, kMostFactorItems, seed, kItemPurpose, kInitialDeviation}),
      user_gradient_(users_.dimension()),
      item_gradient_(users_.dimension()) {}

void LikingFactors::learn(const Example& example, Random& random) {
  const std::uint32_t user = users_.touch(raw(example.context.user), example.sequence);
  const std::uint32_t item = items_.touch(raw(example.item), example.sequence);
  learn_pairs(user, item, random);
}

void LikingFactors::replay(const Example& example, Random& random) {
  const std::uint32_t user = users_.find(raw(example.context.user));
  const std::uint32_t item = items_.find(raw(example.item));
  if (user != FactorTable::kNoRow && item != FactorTable::kNoRow) learn_pairs(user, item, random);
}

void LikingFactors::learn_pairs(std::uint32_t user, std::uint32_t item, Random& random) {
  std::array<std::uint32_t, kNegatives> others;
  for (std::uint32_t& other : others) {
    other = static_cast<std::uint32_t>(random.below(items_.rows()));
    items_.prefetch(other);
  }
  for (const std::uint32_t other : others) {
    if (other == item) continue;
    const float wrong = 1.0F / (1.0F + std::exp(score(user, item) - score(user, other)));
    pull(user, item, wrong);
    pull(user, other, -wrong);
    items_.mark(other);
  }
  users_.mark(user);
  items_.mark(item);
}

float LikingFactors::score(std::uint32_t user, std::uint32_t item) const {
  return nn::dot(users_.factors(user), items_.factors(item), users_.dimension()) + items_.bias(item);
}

void LikingFactors::pull(std::uint32_t user, std::uint32_t item, float strength) {
  const float* p = users_.factors(user);
  const float* q = items_.factors(item);
  for (std::size_t k = 0; k < user_gradient_.size(); ++k) {
    user_gradient_[k] = options_.regularisation * p[k] - strength * q[k];
    item_gradient_[k] = options_.regularisation * q[k] - strength * p[k];
  }
  const float rate = kAdagradRate * options_.rate;
  users_.step(user, user_gradient_.data(), rate);
  items_.step(item, item_gradient_.data(), rate);
  items_.step_bias(item, options_.regularisation * items_.bias(item) - strength, rate);
}

void LikingFactors::likings(UserIndex user, std::span<const ItemIndex> items, std::span<float> out) const {
  std::fill_n(out.begin(), items.size(), 0.0F);
  const std::uint32_t u = users_.find(raw(user));
  if (u == FactorTable::kNoRow) return;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t row = items_.find(raw(items[i]));
    if (row != FactorTable::kNoRow) out[i] = std::max(0.0F, score(u, row));
  }
}

void LikingFactors::save(const RowSink& sink, bool all) {
  users_.save(kUserTable, sink, all);
  items_.save(kItemTable, sink, all);
}

Status LikingFactors::load(std::string_view table, std::string_view key, std::string_view value) {
  if (table == kUserTable) return users_.load(key, value);
  if (table == kItemTable) return items_.load(key, value);
  return unreadable_row("factors", table);
}

Status LikingFactors::loaded() {
  MILLRACE_RETURN_IF_ERROR(users_.loaded());
  return items_.loaded();
}

std::uint64_t LikingFactors::memory_bytes() const { return users_.memory_bytes() + items_.memory_bytes(); }

}  // namespace millrace
