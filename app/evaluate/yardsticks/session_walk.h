// Next-item prediction over sessions (protocols A and G): the walk in both modes, event by event and frozen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "app/evaluate/evaluator.h"
#include "app/progress.h"
#include "core/event.h"

namespace millrace {

struct SessionPeriod {
  std::uint32_t group = 0;
  std::span<const Event> events;  // in time order; user and session are the session
  std::vector<bool> scored;       // by event: whether it is a target
};

// Each target is predicted from everything before it, then learnt.
Status walk_by_event(const SessionPeriod& period, Evaluator& evaluator, Progress& progress);

// Each target is predicted from its session's prefix alone; nothing is learnt. Requires that nothing is pending.
Status walk_frozen(const SessionPeriod& period, Evaluator& evaluator, Progress& progress);

}  // namespace millrace
