// What a step asks of the lists that are out: whom its events touch, and how the list last made for each user, and the
// popularity list of the last step, did on what the user then did. A part of the step.
#pragma once

#include <span>
#include <vector>

#include "app/step.h"
#include "core/event.h"
#include "core/example.h"
#include "core/result.h"
#include "core/time.h"

namespace millrace {

struct Touched {
  const Event* newest = nullptr;  // by event time
  Millis oldest_record;           // freshness counts from the event that waited longest
};
// In order of first touch. Points into `events`.
std::vector<Touched> touched_users(std::span<const Event> events);

struct LiveLists {
  const Store& store;
  Features& features;
  Learner& learner;
  const ListRules& rules;
};
// One trial for each event of a known item that a list could have held; `learn`: with the events' examples, in their
// order, before the step learns from them. kCorruption: a stored list that cannot be read.
Result<std::vector<LiveTrial>> live_trials(std::span<const Event> events, const LearnInput& learn,
                                           const LiveLists& lists);

}  // namespace millrace
