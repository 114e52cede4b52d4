#include "app/evaluate/metrics.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "model/serve/trial.h"

namespace millrace {
namespace {

constexpr std::uint32_t kClustersMax = 65'536;  // of a group

template <class Entry>
std::optional<std::size_t> rank_in(std::span<const Entry> list, ItemIndex item) {
  const auto target = std::find_if(list.begin(), list.end(), [item](const Entry& entry) { return entry.item == item; });
  if (target == list.end()) return std::nullopt;
  const auto ahead =
      std::count_if(list.begin(), list.end(), [&target](const Entry& entry) { return entry.score >= target->score; });
  return static_cast<std::size_t>(ahead) - 1;
}

}  // namespace

std::string RankMetric::name() const {
  std::string at = "@" + std::to_string(k);
  switch (type) {
    case Type::kRecall:
      return "recall" + at;
    case Type::kHitRate:
      return "hr" + at;
    case Type::kReciprocalRank:
      return "mrr" + at;
    case Type::kNdcg:
      return "ndcg" + at;
    case Type::kPrecision:
      return "precision" + at;
    case Type::kF1:
      return "f1" + at;
  }
  return at;
}

double RankMetric::value(std::span<const std::optional<std::size_t>> ranks) const {
  double hits = 0.0;
  double gain = 0.0;
  std::optional<std::size_t> best;
  for (const auto& rank : ranks) {
    if (!rank.has_value() || *rank >= k) continue;
    hits += 1.0;
    gain += gain_of(static_cast<Place>(*rank));
    best = std::min(best.value_or(k), *rank);
  }
  const std::size_t possible = std::min(ranks.size(), k);
  switch (type) {
    case Type::kRecall:
      return hits / static_cast<double>(possible);
    case Type::kHitRate:
      return best.has_value() ? 1.0 : 0.0;
    case Type::kReciprocalRank:
      return best.has_value() ? 1.0 / (static_cast<double>(*best) + 1.0) : 0.0;
    case Type::kPrecision:
      return hits / static_cast<double>(k);
    case Type::kF1:  // 2PR / (P + R) with P = hits / k, R = hits / targets
      return 2.0 * hits / static_cast<double>(k + ranks.size());
    case Type::kNdcg:
      break;
  }
  double ideal = 0.0;
  for (std::size_t rank = 0; rank < possible; ++rank) ideal += gain_of(static_cast<Place>(rank));
  return gain / ideal;
}

std::optional<std::size_t> rank_against(std::span<const ScoredItem> list, ItemIndex item) {
  return rank_in(list, item);
}
std::optional<std::size_t> rank_against(std::span<const RankedItem> list, ItemIndex item) {
  return rank_in(list, item);
}

void ClusteredMeans::add(std::uint32_t group, std::uint32_t cluster, std::span<const double> values) {
  MILLRACE_CHECK(values.size() == values_);
  if (group >= groups_.size()) groups_.resize(group + std::size_t{1});
  Group& sums = groups_[group];
  sums.totals.resize(values_);
  const auto [place, is_new] =
      sums.places.try_emplace(cluster % kClustersMax, static_cast<std::uint32_t>(sums.cluster_counts.size()));
  if (is_new) {
    sums.cluster_counts.push_back(0);
    sums.cluster_totals.resize(sums.cluster_totals.size() + values_);
  }
  ++sums.count;
  ++sums.cluster_counts[place->second];
  double* totals = sums.cluster_totals.data() + place->second * values_;
  for (std::size_t i = 0; i < values_; ++i) {
    sums.totals[i] += values[i];
    totals[i] += values[i];
  }
}

std::uint64_t ClusteredMeans::count() const {
  std::uint64_t count = 0;
  for (const Group& group : groups_) count += group.count;
  return count;
}

std::size_t ClusteredMeans::used_groups() const {
  return static_cast<std::size_t>(
      std::count_if(groups_.begin(), groups_.end(), [](const Group& group) { return group.count > 0; }));
}

double ClusteredMeans::mean(std::size_t value) const {
  double total = 0.0;
  for (const Group& group : groups_) total += group.mean(value);
  const std::size_t used = used_groups();
  return used == 0 ? 0.0 : total / static_cast<double>(used);
}

double ClusteredMeans::standard_error(std::size_t value) const {
  const double used = static_cast<double>(used_groups());
  double squares = 0.0;
  for (const Group& group : groups_) {
    for (std::size_t c = 0; c < group.cluster_counts.size(); ++c) {
      const double deviation =
          group.cluster_totals[c * values_ + value] - static_cast<double>(group.cluster_counts[c]) * group.mean(value);
      const double share = deviation / (used * static_cast<double>(group.count));
      squares += share * share;
    }
  }
  return std::sqrt(squares);
}

// G = 2 Σ i x_i / (n Σ x_i) − (n + 1) / n, x ascending, i from 1; items never shown stand first and add nothing.
double gini(std::vector<std::uint64_t> shown, std::size_t items) {
  MILLRACE_CHECK(shown.size() <= items);
  std::sort(shown.begin(), shown.end());
  double total = 0.0;
  double weighted = 0.0;
  std::size_t place = items - shown.size();
  for (const std::uint64_t times : shown) {
    total += static_cast<double>(times);
    weighted += static_cast<double>(++place) * static_cast<double>(times);
  }
  if (total == 0.0) return 0.0;
  const auto n = static_cast<double>(items);
  return 2.0 * weighted / (n * total) - (n + 1.0) / n;
}

}  // namespace millrace
