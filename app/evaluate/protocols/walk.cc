#include "app/evaluate/protocols/walk.h"

#include <algorithm>

namespace millrace {

std::size_t ties_at(std::span<const Event> events, std::size_t begin) {
  std::size_t end = begin;
  while (end < events.size() && events[end].event_time == events[begin].event_time) ++end;
  return end - begin;
}

Trial next_item_trial(const Event& event, const std::string& cluster, std::uint32_t group) {
  Trial trial;
  trial.user = event.user;
  trial.session = event.session;
  trial.now = event.event_time;
  trial.targets = {event.item};
  trial.group = group;
  trial.cluster = cluster;
  return trial;
}

Status learn(const Event& event, Course& course) {
  MILLRACE_RETURN_IF_ERROR(course.evaluator.learn(event));
  course.contents.tell(event.item, course.evaluator);
  if (course.progress.due()) course.progress.update(course.evaluator.met(), course.evaluator.headline());
  return Ok{};
}

Status walk(std::span<const Event> period, const WalkOptions& options, Course& course) {
  bool any = false;
  for (std::size_t i = 0; i < period.size() && !any; ++i) any = options.asked(i);
  Synchroniser synchroniser(any ? course.sync : Sync{}, course.evaluator);
  MILLRACE_RETURN_IF_ERROR(synchroniser.begin(period.size()));
  for (std::size_t at = 0; at < period.size();) {
    MILLRACE_RETURN_IF_ERROR(synchroniser.at(at));
    const std::size_t end = at + (options.ties_visible ? 1 : ties_at(period, at));
    for (std::size_t i = at; i < end; ++i) {
      if (options.asked(i)) MILLRACE_RETURN_IF_ERROR(course.evaluator.ask(options.trial(i)));
    }
    for (; at < end; ++at) MILLRACE_RETURN_IF_ERROR(learn(period[at], course));
  }
  return synchroniser.end(options.learn_last);
}

}  // namespace millrace
