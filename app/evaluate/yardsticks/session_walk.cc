#include "app/evaluate/yardsticks/session_walk.h"

#include <absl/container/flat_hash_map.h>

#include <string>

namespace millrace {
namespace {

Trial trial_of(const Event& event, std::uint32_t group) {
  Trial trial;
  trial.user = event.user;
  trial.session = event.session;
  trial.now = event.event_time;
  trial.targets = {event.item};
  trial.group = group;
  trial.cluster = event.session;
  return trial;
}

}  // namespace

Status walk_by_event(const SessionPeriod& period, Evaluator& evaluator, Progress& progress) {
  for (std::size_t i = 0; i < period.events.size(); ++i) {
    const Event& event = period.events[i];
    if (period.scored[i]) MILLRACE_RETURN_IF_ERROR(evaluator.ask(trial_of(event, period.group)));
    MILLRACE_RETURN_IF_ERROR(evaluator.learn(event));
    if (progress.due()) progress.update(evaluator.events(), evaluator.headline());
  }
  return Ok{};
}

Status walk_frozen(const SessionPeriod& period, Evaluator& evaluator, Progress& progress) {
  absl::flat_hash_map<std::string, std::vector<Event>> prefixes;
  for (std::size_t i = 0; i < period.events.size(); ++i) {
    const Event& event = period.events[i];
    std::vector<Event>& prefix = prefixes[event.session];
    if (period.scored[i]) MILLRACE_RETURN_IF_ERROR(evaluator.ask_frozen(trial_of(event, period.group), prefix));
    prefix.push_back(event);
    if (progress.due()) progress.update(evaluator.events(), evaluator.headline());
  }
  return evaluator.flush();
}

}  // namespace millrace
