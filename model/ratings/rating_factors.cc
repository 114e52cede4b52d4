#include "model/ratings/rating_factors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/bytes.h"
#include "core/random.h"
#include "model/families/row_error.h"

namespace millrace {
namespace {

constexpr std::uint64_t kUserPurpose = 101;
constexpr std::uint64_t kItemPurpose = 102;
constexpr float kInitialDeviation = 0.05F;
constexpr float kInitialFactorSquares = 1e-2F;
constexpr float kInitialBiasSquares = 1e-1F;

struct Model {
  std::size_t dimension;
  float rate;
  float bias_rate;
  float regularisation;
  float bias_regularisation;
  bool adagrad;   // else plain gradient descent
  bool replayed;  // without replays it lags, but overfits nobody
  std::size_t floats() const { return (dimension + 1) * (adagrad ? 2 : 1); }
};

constexpr std::array<Model, kFactorModels> kModels{{
    {5, 0.088F, 0.0459F, 0.0527F, 0.0525F, false, true},
    {kTraitFactors, 0.0796F, 0.3239F, 0.0886F, 0.0108F, true, true},
    {10, 0.0269F, 0.0981F, 0.2651F, 0.0155F, false, false},
    {32, 0.0257F, 0.0347F, 0.0654F, 0.0799F, false, true},
}};

std::size_t row_floats() {
  return std::accumulate(kModels.begin(), kModels.end(), std::size_t{0},
                         [](std::size_t sum, const Model& model) { return sum + model.floats(); });
}

std::size_t row_width() { return (row_floats() + 15) / 16 * 16; }

// Where a model's values begin in a row.
std::size_t offset_of(std::size_t model) {
  std::size_t offset = 0;
  for (std::size_t m = 0; m < model; ++m) offset += kModels[m].floats();
  return offset;
}

void draw_row(Random& random, float* row) {
  for (const Model& model : kModels) {
    for (std::size_t k = 0; k < model.dimension; ++k) row[k] = kInitialDeviation * static_cast<float>(random.normal());
    row[model.dimension] = 0.0F;
    if (model.adagrad) {
      std::fill_n(row + model.dimension + 1, model.dimension, kInitialFactorSquares);
      row[2 * model.dimension + 1] = kInitialBiasSquares;
    }
    row += model.floats();
  }
}

float dot(const float* a, const float* b, std::size_t n) {
  float sum = 0.0F;
  for (std::size_t k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

void adagrad(float* value, float* squares, float gradient, float rate) {
  *squares += gradient * gradient;
  *value += rate * gradient / std::sqrt(*squares);
}

// One step up the gradient of minus half the squared error, less half the regularisation.
void step(const Model& model, float* user, float* item, float level, float mean) {
  const std::size_t n = model.dimension;
  const float error = level - (mean + user[n] + item[n] + dot(user, item, n));
  const float user_bias = error - model.bias_regularisation * user[n];
  const float item_bias = error - model.bias_regularisation * item[n];
  if (model.adagrad) {
    adagrad(user + n, user + 2 * n + 1, user_bias, model.bias_rate);
    adagrad(item + n, item + 2 * n + 1, item_bias, model.bias_rate);
  } else {
    user[n] += model.bias_rate * user_bias;
    item[n] += model.bias_rate * item_bias;
  }
  for (std::size_t k = 0; k < n; ++k) {
    const float user_gradient = error * item[k] - model.regularisation * user[k];
    const float item_gradient = error * user[k] - model.regularisation * item[k];
    if (model.adagrad) {
      adagrad(user + k, user + n + 1 + k, user_gradient, model.rate);
      adagrad(item + k, item + n + 1 + k, item_gradient, model.rate);
    } else {
      user[k] += model.rate * user_gradient;
      item[k] += model.rate * item_gradient;
    }
  }
}

void step_models(float* user, float* item, float level, float mean, bool replay) {
  for (const Model& model : kModels) {
    if (!replay || model.replayed) step(model, user, item, level, mean);
    user += model.floats();
    item += model.floats();
  }
}

}  // namespace

float RatingFactors::Prediction::mean() const {
  return std::accumulate(levels.begin(), levels.end(), 0.0F) / static_cast<float>(kFactorModels);
}

RatingFactors::RatingFactors(std::size_t max_users, std::size_t max_items, std::uint64_t seed)
    : users_(max_users, seed, kUserPurpose), items_(max_items, seed, kItemPurpose) {}

RatingFactors::Prediction RatingFactors::predict(UserIndex user, ItemIndex item, float mean) const {
  const float* p = users_.find(raw(user));
  const float* q = items_.find(raw(item));
  Prediction prediction;
  for (std::size_t m = 0; m < kFactorModels; ++m) {
    const std::size_t n = kModels[m].dimension;
    float level = mean;
    if (p != nullptr) level += p[n];
    if (q != nullptr) level += q[n];
    if (m == 0) prediction.biases = level;
    if (p != nullptr && q != nullptr) level += dot(p, q, n);
    prediction.levels[m] = level;
    if (p != nullptr) p += kModels[m].floats();
    if (q != nullptr) q += kModels[m].floats();
  }
  return prediction;
}

void RatingFactors::learn(UserIndex user, ItemIndex item, float level, float mean, std::uint64_t clock) {
  step_models(users_.touch(raw(user), clock), items_.touch(raw(item), clock), level, mean, false);
}

void RatingFactors::replay(UserIndex user, ItemIndex item, float level, float mean) {
  if (users_.find(raw(user)) == nullptr || items_.find(raw(item)) == nullptr) return;
  step_models(users_.change(raw(user)), items_.change(raw(item)), level, mean, true);
}

std::span<const float> RatingFactors::item_factors(ItemIndex item) const {
  const float* row = items_.find(raw(item));
  if (row == nullptr) return {};
  return {row + offset_of(kTraitModel), kTraitFactors};
}

void RatingFactors::save(std::string_view user_table, std::string_view item_table, const RowSink& sink, bool all) {
  users_.save(user_table, sink, all);
  items_.save(item_table, sink, all);
}

Status RatingFactors::loaded() {
  return users_.slots.loaded() && items_.slots.loaded() ? Status(Ok{}) : unreadable_row("ratings", "of factors");
}

RatingFactors::Side::Side(std::size_t max_rows, std::uint64_t random_seed, std::uint64_t random_purpose)
    : slots(max_rows), values(row_width()), seed(random_seed), purpose(random_purpose) {}

float* RatingFactors::Side::touch(std::uint64_t key, std::uint64_t clock) {
  const auto [slot, made] = slots.touch(key, clock);
  if (slot == values.size()) values.push();
  if (made) {
    Random random(seed, key, purpose);
    draw_row(random, values.row(slot));
  }
  return values.row(slot);
}

float* RatingFactors::Side::change(std::uint64_t key) {
  const std::uint32_t slot = slots.find(key);
  if (slot == KeyedSlots::kNone) return nullptr;
  slots.mark(slot);
  return values.row(slot);
}

const float* RatingFactors::Side::find(std::uint64_t key) const {
  const std::uint32_t slot = slots.find(key);
  return slot == KeyedSlots::kNone ? nullptr : values.row(slot);
}

void RatingFactors::Side::save(std::string_view table, const RowSink& sink, bool all) {
  slots.save(table, sink, all, [this](std::uint32_t slot, ByteWriter& out) {
    out.floats({values.row(slot), row_floats()});
  });
}

Status RatingFactors::Side::load(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const auto slot = slots.load(key, in);
  if (!slot || in.remaining() != row_floats() * sizeof(float)) return unreadable_row("ratings", "of factors");
  while (values.size() < slots.size()) values.push();
  in.floats({values.row(*slot), row_floats()});
  return Ok{};
}

std::uint64_t RatingFactors::Side::memory_bytes() const {
  return values.memory_bytes() + slots.size() * KeyedSlots::kBytesPerSlot;
}

}  // namespace millrace
