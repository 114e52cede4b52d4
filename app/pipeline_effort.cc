#include "app/pipeline_effort.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr double kSlowestBacklogSeconds = 0.1;
constexpr double kNewestShare = 0.1;   // of the moving average
constexpr double kBusySeconds = 10.0;  // of which the busy share is a moving average
// From this share on no more replays than at work; all of them at the lower one.
constexpr double kHalfBusy = 0.5;
constexpr double kHardlyBusy = 0.1;

}  // namespace

void EffortGovernor::observe(std::uint64_t records, double seconds, double idle_seconds) {
  const double passed = seconds + idle_seconds;
  if (passed > 0.0) busy_ += (1.0 - std::exp(-passed / kBusySeconds)) * (seconds / passed - busy_);
  if (records == 0 || seconds <= 0.0) return;
  const double rate = static_cast<double>(records) / seconds;
  records_per_second_ =
      records_per_second_ == 0.0 ? rate : records_per_second_ + kNewestShare * (rate - records_per_second_);
}

double EffortGovernor::replays_most() const {
  const auto most = static_cast<double>(settings_.replays_max);
  const double more = std::max(0.0, static_cast<double>(settings_.replays_idle) - most);
  return most + more * std::clamp((kHalfBusy - busy_) / (kHalfBusy - kHardlyBusy), 0.0, 1.0);
}

Effort EffortGovernor::decide(std::int64_t lag) const {
  const double behind_seconds = records_per_second_ == 0.0 ? 0.0 : static_cast<double>(lag) / records_per_second_;
  const double spare = std::clamp(1.0 - behind_seconds / kSlowestBacklogSeconds, 0.0, 1.0);
  const double range = replays_most() - static_cast<double>(settings_.replays_min);
  Effort effort;
  effort.replays = settings_.replays_min + static_cast<std::uint32_t>(std::lround(std::max(0.0, range) * spare));
  effort.depth_percent = settings_.depth_min_percent +
                         static_cast<std::uint32_t>(std::lround((100.0 - settings_.depth_min_percent) * spare));
  effort.ranked_examples = static_cast<std::uint32_t>(effort.share(settings_.ranked_examples));
  return effort;
}

}  // namespace millrace
