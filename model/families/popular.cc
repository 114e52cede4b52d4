#include "model/families/popular.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "model/families/positive.h"
#include "model/families/row_error.h"
#include "model/families/sparse_scores.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kItemTable = "i";
constexpr std::string_view kTotalTable = "t";
constexpr std::uint8_t kRowVersion = 1;
// Items are bounded by the catalogue of the features; this only bounds what a broken row could ask for.
constexpr std::uint32_t kMostItems = 1U << 26;
// The reference follows when weights reach 2^400; what has sunk below 2^-400 is as good as forgotten. Between the two
// doubles are exact under scaling by powers of two, so that moving the reference loses nothing else.
constexpr double kHighExponent = 400.0;
constexpr double kForgotten = 0x1.0p-400;

}  // namespace

PopularFamily::PopularFamily(PopularitySettings settings, const ItemTable& items)
    : settings_(std::move(settings)), items_(items) {}

void PopularFamily::observe(const Example& example) {
  if (!is_positive(example) || (settings_.first_touches && in_history(example.context, example.item))) return;
  const double weight = weight_at(example.time);
  if (weight < kForgotten) return;
  const std::uint32_t item = raw(example.item);
  if (item >= scores_.size()) scores_.resize(item + std::size_t{1}, 0.0);
  const double before = scores_[item];
  scores_[item] += weight;
  total_ += weight;
  put_in_order(item, before);
  dirty_.mark(item);
}

double PopularFamily::weight_at(Millis time) {
  if (settings_.half_life_hours <= 0.0) return 1.0;
  if (!started_) {
    reference_ = time;
    started_ = true;
  }
  const double half_life = settings_.half_life_hours * static_cast<double>(kHour.count);
  double exponent = static_cast<double>((time - reference_).count) / half_life;
  if (exponent > kHighExponent) {
    move_reference(static_cast<std::int64_t>(exponent));
    exponent = static_cast<double>((time - reference_).count) / half_life;
  }
  return std::exp2(exponent);
}

void PopularFamily::move_reference(std::int64_t half_lives) {
  const double half_life = settings_.half_life_hours * static_cast<double>(kHour.count);
  reference_ = reference_ + Millis{static_cast<std::int64_t>(static_cast<double>(half_lives) * half_life)};
  const int shift = -static_cast<int>(std::min<std::int64_t>(half_lives, 4'000));
  const auto aged = [shift](double score) {
    const double value = std::ldexp(score, shift);
    return value < kForgotten ? 0.0 : value;
  };
  for (std::uint32_t item = 0; item < scores_.size(); ++item) {
    if (scores_[item] == 0.0) continue;
    scores_[item] = aged(scores_[item]);
    dirty_.mark(item);
  }
  total_ = aged(total_);
  order_all();
}

void PopularFamily::put_in_order(std::uint32_t item, double before) {
  if (before > 0.0) order_.erase({before, item});
  order_.emplace(scores_[item], item);
}

double PopularFamily::share(ItemIndex item) const {
  if (raw(item) >= scores_.size() || total_ <= 0.0) return 0.0;
  return scores_[raw(item)] / total_;
}

std::vector<ScoredItem> PopularFamily::best(Exclusions exclude, std::size_t k) const {
  std::vector<ScoredItem> best;
  for (const auto& [score, index] : order_) {
    if (best.size() == k) break;
    const ItemIndex item{index};
    if (index >= items_.size() || !items_.at(item).available) continue;
    if (std::binary_search(exclude.begin(), exclude.end(), item)) continue;
    best.push_back({item, 0.0F});
  }
  for (ScoredItem& scored : best) scored.score = static_cast<float>(share(scored.item)) + kPopularityFloor;
  take_logarithms(best);
  keep_best(best, k);  // shares that differ may be equal in the logarithm
  return best;
}

std::vector<std::vector<ScoredItem>> PopularFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(requests.size());
  for (const RankRequest& request : requests) lists.push_back(best(request.exclude, k));
  return lists;
}

void PopularFamily::score(const Context& /*context*/, std::span<const ItemIndex> items, std::span<float> scores) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    scores[i] = static_cast<float>(share(items[i])) + kPopularityFloor;
  }
  nn::logarithm(scores.first(items.size()));
}

void PopularFamily::save(const RowSink& sink, bool all) {
  const std::vector<std::uint32_t> changed = dirty_.take();
  if (changed.empty() && !all) return;
  for (const std::uint32_t item : all ? all_rows(scores_.size()) : changed) {
    ByteWriter row;
    row.u8(kRowVersion);
    row.f64(scores_[item]);
    sink(kItemTable, key_u32(item), row.take());
  }
  ByteWriter row;
  row.u8(kRowVersion);
  row.f64(total_);
  row.zigzag(reference_.count);
  row.u8(started_ ? 1 : 0);
  sink(kTotalTable, "", row.take());
}

Status PopularFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  ByteReader row(value);
  if (row.u8() != kRowVersion) return unreadable_row(name(), table);
  if (table == kTotalTable) {
    total_ = row.f64();
    reference_ = {row.zigzag()};
    started_ = row.u8() != 0;
  } else if (table == kItemTable && key.size() == 4) {
    const auto item = static_cast<std::uint32_t>(read_key(key, 0, 4));
    if (item >= kMostItems) return unreadable_row(name(), table);
    if (item >= scores_.size()) scores_.resize(item + std::size_t{1}, 0.0);
    scores_[item] = row.f64();
  } else {
    return unreadable_row(name(), table);
  }
  return row.done() ? Status(Ok{}) : unreadable_row(name(), table);
}

Status PopularFamily::loaded() {
  order_all();
  return Ok{};
}

void PopularFamily::order_all() {
  order_.clear();
  for (std::uint32_t item = 0; item < scores_.size(); ++item) {
    if (scores_[item] > 0.0) order_.emplace(scores_[item], item);
  }
}

std::uint64_t PopularFamily::memory_bytes() const {
  constexpr std::uint64_t kEntryBytes = 24;  // nodes are two thirds full
  return scores_.capacity() * sizeof(double) + order_.size() * kEntryBytes;
}

}  // namespace millrace
