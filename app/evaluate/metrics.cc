#include "app/evaluate/metrics.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

double gain_at(std::size_t rank) { return 1.0 / std::log2(static_cast<double>(rank) + 2.0); }

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
    gain += gain_at(*rank);
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
    case Type::kNdcg:
      break;
  }
  double ideal = 0.0;
  for (std::size_t rank = 0; rank < possible; ++rank) ideal += gain_at(rank);
  return gain / ideal;
}

std::optional<std::size_t> rank_against(std::span<const ScoredItem> list, ItemIndex item) {
  return rank_in(list, item);
}
std::optional<std::size_t> rank_against(std::span<const RankedItem> list, ItemIndex item) {
  return rank_in(list, item);
}

void ClusteredMean::add(std::uint32_t group, std::uint32_t cluster, double value) {
  if (group >= groups_.size()) groups_.resize(group + std::size_t{1});
  if (cluster >= clusters_.size()) clusters_.resize(cluster + std::size_t{1});
  ++groups_[group].count;
  groups_[group].total += value;
  clusters_[cluster].group = group;
  ++clusters_[cluster].count;
  clusters_[cluster].total += value;
}

std::uint64_t ClusteredMean::count() const {
  std::uint64_t count = 0;
  for (const Sum& group : groups_) count += group.count;
  return count;
}

std::size_t ClusteredMean::used_groups() const {
  return static_cast<std::size_t>(
      std::count_if(groups_.begin(), groups_.end(), [](const Sum& group) { return group.count > 0; }));
}

double ClusteredMean::mean() const {
  double total = 0.0;
  for (const Sum& group : groups_) total += group.mean();
  const std::size_t used = used_groups();
  return used == 0 ? 0.0 : total / static_cast<double>(used);
}

double ClusteredMean::standard_error() const {
  const double used = static_cast<double>(used_groups());
  double squares = 0.0;
  for (const Cluster& cluster : clusters_) {
    if (cluster.count == 0) continue;
    const Sum& group = groups_[cluster.group];
    const double deviation = cluster.total - static_cast<double>(cluster.count) * group.mean();
    const double share = deviation / (used * static_cast<double>(group.count));
    squares += share * share;
  }
  return std::sqrt(squares);
}

}  // namespace millrace
