// How good the published lists were: each event is a trial of the list that its user had before it, beside the
// popularity list of the same moment. Sums for counters and running means for gauges. Not thread-safe; Metrics guards
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include "core/event.h"
#include "metrics/running_mean.h"

namespace millrace {

// An event that met the list last made for its user, which is published or on its way. Ranks count from 0; absent: not
// in the list.
struct LiveResult {
  Signal signal = Signal::kClick;
  std::optional<std::size_t> rank;
  std::optional<std::size_t> popularity_rank;
  bool returning = false;
  bool cold = false;
};

// With one relevant item a trial, and its item at place p from 1 of the first k: a hit is 1, the reciprocal rank 1/p,
// the gain 1/log2(p + 1); else all are 0. Over trials these are recall@k, MRR@k and NDCG@k.
struct LiveSums {
  double trials = 0.0;
  double hits = 0.0;
  double reciprocal_rank = 0.0;
  double gain = 0.0;
};

void count_rank(LiveSums& sums, std::optional<std::size_t> rank, std::size_t cutoff);

// learner (served, popularity), kind (click, purchase, rating), audience (new, returning), item (cold, warm).
using LiveSeries = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
std::map<LiveSeries, LiveSums> sum_live(std::span<const LiveResult> results, std::size_t cutoff);

inline constexpr std::string_view kServedLearner = "served";
inline constexpr std::string_view kPopularityLearner = "popularity";
inline constexpr std::string_view kNewAudience = "new";
inline constexpr std::string_view kReturningAudience = "returning";
inline constexpr std::string_view kEveryAudience = "all";
inline constexpr std::string_view kColdItem = "cold";
inline constexpr std::string_view kWarmItem = "warm";
std::string_view signal_name(Signal signal);

// Means over the last thousand trials or so, by learner and audience.
class LiveMeans {
 public:
  struct Means {
    RunningMean recall{kHalfLifeTrials}, mrr{kHalfLifeTrials}, ndcg{kHalfLifeTrials};
  };
  void add(const std::map<LiveSeries, LiveSums>& sums);
  const std::map<std::pair<std::string_view, std::string_view>, Means>& all() const { return means_; }

 private:
  static constexpr double kHalfLifeTrials = 1'000.0;
  std::map<std::pair<std::string_view, std::string_view>, Means> means_;
};

}  // namespace millrace
