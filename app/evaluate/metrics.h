// What is measured of a ranked list, and the means of it with their standard errors. Plain computation, no state of the
// model.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/list.h"
#include "model/families/family.h"

namespace millrace {

struct RankMetric {
  enum class Type : std::uint8_t { kRecall, kHitRate, kReciprocalRank, kNdcg, kPrecision, kF1 };
  Type type = Type::kRecall;
  std::size_t k = 20;

  std::string name() const;  // "recall@20", "hr@20", "mrr@20", "ndcg@20", "precision@20", "f1@20"
  // `ranks` has one entry a target, from 0, absent where it is not in the list. Recall divides by min(targets, k),
  // precision by k; F1 is the harmonic mean of precision and of hits over all targets; NDCG divides by the gain of the
  // best order of as many targets. Requires at least one target.
  double value(std::span<const std::optional<std::size_t>> ranks) const;
};

// The rank of `item`, counted against it: how many others score at least as high. Absent where it is not in the list.
std::optional<std::size_t> rank_against(std::span<const ScoredItem> list, ItemIndex item);
std::optional<std::size_t> rank_against(std::span<const RankedItem> list, ItemIndex item);

// Means over trials, each belonging to a group and a cluster (a user or a session) within that group; several values a
// trial. A mean is that of the groups' means; its standard error takes clusters as independent:
// √Σ_c (w_g Σ_{i∈c} (x_i − m_g))² with w_g = 1 / (groups × n_g). Of more than 65,536 clusters in a group several are
// taken together as one, which bounds the memory and leaves the error's expectation as it is.
class ClusteredMeans {
 public:
  explicit ClusteredMeans(std::size_t values) : values_(values) {}
  // Requires as many values as were announced.
  void add(std::uint32_t group, std::uint32_t cluster, std::span<const double> values);
  std::uint64_t count() const;
  double mean(std::size_t value) const;            // 0 without trials
  double standard_error(std::size_t value) const;  // 0 without trials

 private:
  struct Group {
    std::uint64_t count = 0;
    std::vector<double> totals;
    absl::flat_hash_map<std::uint32_t, std::uint32_t> places;  // of clusters
    std::vector<std::uint32_t> cluster_counts;                 // by place
    std::vector<double> cluster_totals;                        // by place and value
    double mean(std::size_t value) const { return count == 0 ? 0.0 : totals[value] / static_cast<double>(count); }
  };
  std::size_t used_groups() const;

  std::size_t values_;
  std::vector<Group> groups_;
};

// The same of one value.
class ClusteredMean {
 public:
  void add(std::uint32_t group, std::uint32_t cluster, double value) { means_.add(group, cluster, {&value, 1}); }
  std::uint64_t count() const { return means_.count(); }
  double mean() const { return means_.mean(0); }
  double standard_error() const { return means_.standard_error(0); }

 private:
  ClusteredMeans means_{1};
};

// How unevenly items are shown: 0 where all are shown as often, towards 1 where one item takes all. `shown`: how often
// each shown item was; `items`: how many there are, at least as many. 0 where nothing was shown.
double gini(std::vector<std::uint64_t> shown, std::size_t items);

}  // namespace millrace
