#include "model/families/factors_liking.h"

#include <algorithm>

#include "model/families/factor_rows.h"
#include "model/families/row_error.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kUserTable = "lu";
constexpr std::string_view kItemTable = "li";
constexpr float kInitialDeviation = 0.1F;
constexpr int kNegatives = 4;  // items that a wanted one is set against

}  // namespace

LikingFactors::LikingFactors(const FactorsOptions& options, std::uint64_t seed, const ItemTable& items)
    : options_(options),
      seed_(seed),
      item_facts_(items),
      dimension_(factor_dimension(options)),
      users_(factor_table(dimension_, options.max_users)),
      items_(factor_table(dimension_, kMostFactorItems)),
      index_(dimension_, choose_scan_kernel()) {}

std::uint32_t LikingFactors::touch(nn::EmbeddingTable& table, std::uint64_t key, std::uint64_t clock,
                                   std::uint64_t purpose) {
  const auto touched = table.touch(key, clock);
  if (touched.admitted) {
    draw_factors({table.vector(touched.row, 0), dimension_}, Random(seed_, key, purpose), kInitialDeviation);
  }
  return touched.row;
}

void LikingFactors::learn(const Example& example, Random& random) {
  const std::uint32_t user = touch(users_, raw(example.context.user), example.sequence, kLikingUserPurpose);
  const std::uint32_t item = touch(items_, raw(example.item), example.sequence, kLikingItemPurpose);
  learn_rows(user, item, random);
}

void LikingFactors::replay(const Example& example, Random& random) {
  const std::uint32_t user = users_.find(raw(example.context.user));
  const std::uint32_t item = items_.find(raw(example.item));
  if (user == nn::EmbeddingTable::kNoRow || item == nn::EmbeddingTable::kNoRow) return;
  learn_rows(user, item, random);
}

void LikingFactors::learn_rows(std::uint32_t user, std::uint32_t item, Random& random) {
  step(user, item, 1.0F);
  for (int i = 0; i < kNegatives; ++i) {
    const auto other = static_cast<std::uint32_t>(random.below(items_.rows()));
    if (other != item) step(user, other, 0.0F);
  }
}

void LikingFactors::step(std::uint32_t user, std::uint32_t item, float target) {
  float* p = users_.vector(user, 0);
  float* q = items_.vector(item, 0);
  const float error = target - nn::dot(p, q, dimension_);
  for (std::size_t k = 0; k < dimension_; ++k) {
    const float before = p[k];
    p[k] += options_.rate * (error * q[k] - options_.regularisation * p[k]);
    q[k] += options_.rate * (error * before - options_.regularisation * q[k]);
  }
  users_.mark(user);
  items_.mark(item);
}

void LikingFactors::refresh_index() {
  for (const std::uint32_t row : items_.take_stale()) {
    const auto slot = static_cast<std::uint32_t>(items_.key_of(row));
    index_.set_row(slot, {items_.vector(row, 0), dimension_});
    item_changed(ItemIndex{slot});
  }
}

void LikingFactors::item_changed(ItemIndex item) {
  const bool known = raw(item) < item_facts_.size();
  index_.set_available(raw(item), known && item_facts_.at(item).available);
}

std::vector<std::vector<ScoredItem>> LikingFactors::rank(std::span<const RankRequest> requests, std::size_t k) {
  refresh_index();
  std::vector<std::vector<ScoredItem>> lists(requests.size());
  std::vector<float> queries;
  std::vector<std::size_t> asked;  // requests whose user has a row
  std::vector<std::vector<std::uint32_t>> excluded;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::uint32_t user = users_.find(raw(requests[i].context->user));
    if (user == nn::EmbeddingTable::kNoRow) continue;
    asked.push_back(i);
    queries.insert(queries.end(), users_.vector(user, 0), users_.vector(user, 0) + dimension_);
    excluded.emplace_back();
    for (const ItemIndex item : requests[i].exclude) excluded.back().push_back(raw(item));
  }
  const std::vector<std::span<const std::uint32_t>> exclude(excluded.begin(), excluded.end());
  const auto found = index_.search(queries, k, exclude);
  for (std::size_t a = 0; a < asked.size(); ++a) {
    for (const ScoredSlot& scored : found[a]) {
      if (scored.score > 0.0F) lists[asked[a]].push_back({ItemIndex{scored.slot}, scored.score});
    }
  }
  return lists;
}

float LikingFactors::liking(UserIndex user, ItemIndex item) const {
  const std::uint32_t u = users_.find(raw(user));
  const std::uint32_t i = items_.find(raw(item));
  if (u == nn::EmbeddingTable::kNoRow || i == nn::EmbeddingTable::kNoRow) return 0.0F;
  return std::max(0.0F, exact_dot(users_.vector(u, 0), items_.vector(i, 0), dimension_));
}

void LikingFactors::save(const RowSink& sink, bool all) {
  save_factor_rows(users_, kUserTable, sink, all);
  save_factor_rows(items_, kItemTable, sink, all);
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

}  // namespace millrace
