#include "app/pipeline_effort.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

// Records that wait so long, or shorter, get all that is configured; from the longer on the least.
constexpr double kPromptSeconds = 0.005;
constexpr double kLateSeconds = 0.02;
constexpr double kRise = 0.1;          // effort falls at once and rises by this share of what is missing a step
constexpr double kNewestShare = 0.1;   // of the moving average
constexpr double kBusySeconds = 10.0;  // of which the busy share is a moving average
// From this share on no more replays than at work; all of them at the lower one.
constexpr double kHalfBusy = 0.5;
constexpr double kHardlyBusy = 0.1;

}  // namespace

Effort effort_between(const EffortSettings& settings, double spare, double replays_most, std::size_t records) {
  const auto between = [spare](double least, double most) {
    return static_cast<std::uint32_t>(std::lround(least + std::max(0.0, most - least) * spare));
  };
  Effort effort;
  effort.replays = between(settings.replays_min, replays_most);
  effort.depth_percent = between(settings.depth_min_percent, 100.0);
  const std::uint32_t ranked_percent = between(settings.ranked_min_percent, 100.0);
  const auto examples =
      ranked_percent == 100 ? settings.ranked_examples : std::min<std::size_t>(settings.ranked_examples, records);
  effort.ranked_examples = static_cast<std::uint32_t>((examples * ranked_percent + 99) / 100);
  return effort;
}

void EffortGovernor::observe(std::uint64_t records, double seconds) {
  const double passed = seconds + idle_seconds_;
  if (passed > 0.0) busy_ += (1.0 - std::exp(-passed / kBusySeconds)) * (seconds / passed - busy_);
  if (records == 0 || seconds <= 0.0) return;
  step_seconds_ = seconds;
  const double rate = static_cast<double>(records) / seconds;
  records_per_second_ =
      records_per_second_ == 0.0 ? rate : records_per_second_ + kNewestShare * (rate - records_per_second_);
}

double EffortGovernor::replays_most() const {
  const auto most = static_cast<double>(settings_.replays_max);
  const double more = std::max(0.0, static_cast<double>(settings_.replays_idle) - most);
  return most + more * std::clamp((kHalfBusy - busy_) / (kHalfBusy - kHardlyBusy), 0.0, 1.0);
}

// The oldest record at hand came, at the worst, when the last step had just taken its own.
double EffortGovernor::behind_seconds(std::int64_t lag) const {
  const double queued = records_per_second_ == 0.0 ? 0.0 : static_cast<double>(lag) / records_per_second_;
  return queued + std::max(0.0, step_seconds_ - idle_seconds_);
}

Effort EffortGovernor::decide(std::size_t records, std::int64_t lag, double idle_seconds) {
  idle_seconds_ = idle_seconds;
  const double wanted = std::clamp((kLateSeconds - behind_seconds(lag)) / (kLateSeconds - kPromptSeconds), 0.0, 1.0);
  spare_ = std::min(wanted, spare_ + kRise * (wanted - spare_));
  return effort_between(settings_, spare_, replays_most(), records);
}

}  // namespace millrace
