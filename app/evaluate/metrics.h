// What is measured of a ranked list, and the means of it with their standard errors. Plain computation, no state of the
// model.
#pragma once

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
  enum class Type : std::uint8_t { kRecall, kHitRate, kReciprocalRank, kNdcg };
  Type type = Type::kRecall;
  std::size_t k = 20;

  std::string name() const;  // "recall@20", "hr@20", "mrr@20", "ndcg@20"
  // `ranks` has one entry a target, from 0, absent where it is not in the list. Recall divides by min(targets, k); NDCG
  // by the gain of the best order of as many targets. Requires at least one target.
  double value(std::span<const std::optional<std::size_t>> ranks) const;
};

// The rank of `item`, counted against it: how many others score at least as high. Absent where it is not in the list.
std::optional<std::size_t> rank_against(std::span<const ScoredItem> list, ItemIndex item);
std::optional<std::size_t> rank_against(std::span<const RankedItem> list, ItemIndex item);

// A mean over trials, each belonging to a group and a cluster (a user or a session) within that group. The mean is that
// of the groups' means; its standard error takes clusters as independent: √Σ_c (w_g Σ_{i∈c} (x_i − m_g))² with w_g = 1
// / (groups × n_g).
class ClusteredMean {
 public:
  void add(std::uint32_t group, std::uint32_t cluster, double value);
  std::uint64_t count() const;
  double mean() const;            // 0 without trials
  double standard_error() const;  // 0 without trials

 private:
  struct Sum {
    std::uint64_t count = 0;
    double total = 0.0;
    double mean() const { return count == 0 ? 0.0 : total / static_cast<double>(count); }
  };
  struct Cluster {
    std::uint32_t group = 0;
    std::uint32_t count = 0;
    double total = 0.0;
  };
  std::size_t used_groups() const;

  std::vector<Sum> groups_;
  std::vector<Cluster> clusters_;  // by cluster number
};

}  // namespace millrace
