#include "metrics/live_quality.h"

#include <array>
#include <cmath>
#include <utility>

namespace millrace {

void count_rank(LiveSums& sums, std::optional<std::size_t> rank, std::size_t cutoff) {
  sums.trials += 1.0;
  if (!rank || *rank >= cutoff) return;
  const double place = static_cast<double>(*rank) + 1.0;
  sums.hits += 1.0;
  sums.reciprocal_rank += 1.0 / place;
  sums.gain += 1.0 / std::log2(place + 1.0);
}

std::string_view signal_name(Signal signal) {
  constexpr std::array<std::string_view, 3> kNames{"click", "purchase", "rating"};
  return kNames[static_cast<std::size_t>(signal)];
}

std::map<LiveSeries, LiveSums> sum_live(std::span<const LiveResult> results, std::size_t cutoff) {
  std::map<LiveSeries, LiveSums> sums;
  for (const LiveResult& each : results) {
    const std::string_view kind = signal_name(each.signal);
    const std::string_view audience = each.returning ? kReturningAudience : kNewAudience;
    const std::string_view item = each.cold ? kColdItem : kWarmItem;
    count_rank(sums[{kServedLearner, kind, audience, item}], each.rank, cutoff);
    count_rank(sums[{kPopularityLearner, kind, audience, item}], each.popularity_rank, cutoff);
  }
  return sums;
}

void LiveMeans::add(const std::map<LiveSeries, LiveSums>& sums) {
  for (const auto& [series, sum] : sums) {
    if (sum.trials == 0.0) continue;
    for (const std::string_view audience : {std::get<2>(series), kEveryAudience}) {
      Means& means = means_[{std::get<0>(series), audience}];
      means.recall.add(sum.hits / sum.trials, sum.trials);
      means.mrr.add(sum.reciprocal_rank / sum.trials, sum.trials);
      means.ndcg.add(sum.gain / sum.trials, sum.trials);
    }
  }
}

}  // namespace millrace
