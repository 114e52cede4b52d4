#include <absl/container/flat_hash_set.h>

#include <utility>

#include "app/evaluate/protocols/walk.h"

namespace millrace {
namespace {

// Goes through the periods in order.
class Targets {
 public:
  Targets(std::span<const Event> events, const ContinualOptions& options, const std::vector<std::string>& sessions)
      : events_(events), options_(options), sessions_(sessions) {}

  std::vector<bool> of_period(std::size_t begin, std::size_t end) {
    absl::flat_hash_set<std::string> begun;
    std::vector<bool> targets;
    for (std::size_t i = begin; i < end; ++i) {
      const bool counts =
          options_.ranks(events_[i]) && (!options_.known_targets || known_.contains(events_[i].item.bytes));
      targets.push_back(counts && !begun.insert(sessions_[i]).second);
    }
    for (std::size_t i = begin; i < end; ++i) known_.insert(events_[i].item.bytes);
    return targets;
  }

 private:
  std::span<const Event> events_;
  const ContinualOptions& options_;
  const std::vector<std::string>& sessions_;
  absl::flat_hash_set<std::string> known_;
};

}  // namespace

Status run_continual(std::span<const Event> events, const ContinualOptions& options, Course& course) {
  const std::vector<std::string> sessions = session_keys(events, options.session_gap);
  Targets targets(events, options, sessions);
  std::size_t begin = 0;
  for (std::size_t p = 0; p < options.periods.size(); ++p) {
    const std::size_t end = options.periods[p];
    const std::vector<bool> asked = targets.of_period(begin, end);
    WalkOptions period;
    period.asked = [&](std::size_t place) { return p >= options.scored_from && asked[place]; };
    period.trial = [&](std::size_t place) {
      return next_item_trial(events[begin + place], sessions[begin + place], static_cast<std::uint32_t>(p));
    };
    period.ties_visible = options.ties_visible;
    period.learn_last = options.learn_last_synchronisation || p + 1 < options.periods.size();
    MILLRACE_RETURN_IF_ERROR(walk(events.subspan(begin, end - begin), period, course));
    MILLRACE_RETURN_IF_ERROR(course.evaluator.flush());
    begin = end;
  }
  return Ok{};
}

}  // namespace millrace
