#include <absl/container/flat_hash_map.h>

#include "app/evaluate/protocols/walk.h"

namespace millrace {
namespace {

enum class Use : std::uint8_t { kLearn, kAsk, kNone };

// What a user did after the last target is not for the model to know.
std::vector<Use> plan(std::span<const Event> events, const LeaveLastOutOptions& options) {
  struct User {
    std::size_t last = 0;
    std::size_t targets = 0;
  };
  absl::flat_hash_map<std::string, User> users;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!options.ranks(events[i])) continue;
    User& user = users[events[i].user.bytes];
    user.last = i;
    ++user.targets;
  }
  std::vector<Use> uses(events.size(), Use::kLearn);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto user = users.find(events[i].user.bytes);
    if (user == users.end() || user->second.targets < options.events_min || i < user->second.last) continue;
    uses[i] = i == user->second.last ? Use::kAsk : Use::kNone;
  }
  return uses;
}

}  // namespace

Status run_leave_last_out(std::span<const Event> events, const LeaveLastOutOptions& options, Course& course) {
  const std::vector<Use> uses = plan(events, options);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (uses[i] == Use::kLearn) MILLRACE_RETURN_IF_ERROR(learn(events[i], course));
  }
  MILLRACE_RETURN_IF_ERROR(course.evaluator.freeze());
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (uses[i] != Use::kAsk) continue;
    MILLRACE_RETURN_IF_ERROR(course.evaluator.ask(next_item_trial(events[i], events[i].user.bytes)));
    if (course.progress.due()) course.progress.update(i, course.evaluator.headline());
  }
  return course.evaluator.flush();
}

}  // namespace millrace
