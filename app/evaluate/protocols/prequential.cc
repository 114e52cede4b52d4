#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "app/evaluate/protocols/walk.h"

namespace millrace {
namespace {

// The targets that are scored.
std::vector<bool> find_targets(std::span<const Event> events, const PrequentialOptions& options) {
  std::vector<bool> targets;
  targets.reserve(events.size());
  absl::flat_hash_set<std::pair<std::string, std::string>> touched;
  for (const Event& event : events) {
    const bool first = !options.first_touches || touched.emplace(event.user.bytes, event.item.bytes).second;
    targets.push_back(first && options.ranks(event));
  }
  const auto count = static_cast<double>(std::count(targets.begin(), targets.end(), true));
  auto skipped = static_cast<std::size_t>(std::ceil(options.skip_share * count));
  for (std::size_t i = 0; i < targets.size() && skipped > 0; ++i) {
    if (!targets[i]) continue;
    targets[i] = false;
    --skipped;
  }
  std::fill_n(targets.begin(), std::min(options.skip_events, targets.size()), false);
  return targets;
}

}  // namespace

Status run_prequential(std::span<const Event> events, const PrequentialOptions& options, Course& course) {
  const std::vector<bool> targets = find_targets(events, options);
  std::size_t begin = 0;
  for (const std::size_t end : options.periods) {
    WalkOptions period;
    period.asked = [&](std::size_t place) { return targets[begin + place]; };
    period.trial = [&](std::size_t place) {
      const Event& event = events[begin + place];
      return next_item_trial(event, event.user.bytes);
    };
    period.ties_visible = options.ties_visible;
    MILLRACE_RETURN_IF_ERROR(walk(events.subspan(begin, end - begin), period, course));
    begin = end;
  }
  return course.evaluator.flush();
}

}  // namespace millrace
