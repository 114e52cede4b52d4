#include "app/pipeline_effort.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr double kSlowestBacklogSeconds = 0.1;
constexpr double kNewestShare = 0.1;  // of the moving average

}  // namespace

void EffortGovernor::observe(std::uint64_t records, double seconds) {
  if (records == 0 || seconds <= 0.0) return;
  const double rate = static_cast<double>(records) / seconds;
  records_per_second_ =
      records_per_second_ == 0.0 ? rate : records_per_second_ + kNewestShare * (rate - records_per_second_);
}

Effort EffortGovernor::decide(std::int64_t lag) const {
  const double behind_seconds = records_per_second_ == 0.0 ? 0.0 : static_cast<double>(lag) / records_per_second_;
  const double spare = std::clamp(1.0 - behind_seconds / kSlowestBacklogSeconds, 0.0, 1.0);
  const double range = static_cast<double>(settings_.replays_max) - static_cast<double>(settings_.replays_min);
  Effort effort;
  effort.replays = settings_.replays_min + static_cast<std::uint32_t>(std::lround(std::max(0.0, range) * spare));
  effort.depth_percent = settings_.depth_min_percent +
                         static_cast<std::uint32_t>(std::lround((100.0 - settings_.depth_min_percent) * spare));
  effort.ranked_examples = static_cast<std::uint32_t>(effort.share(settings_.ranked_examples));
  return effort;
}

}  // namespace millrace
