// The published ways of evaluating over a stream: what is asked when, of which events, and what is known by then. The
// yardsticks and `millrace evaluate` run these. Events are in time order (stream.h); all go through the step.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/evaluate/contents.h"
#include "app/evaluate/evaluator.h"
#include "app/evaluate/sync.h"
#include "app/progress.h"
#include "core/event.h"
#include "core/result.h"
#include "core/time.h"

namespace millrace {

// What a protocol runs on.
struct Course {
  Evaluator& evaluator;
  Sync sync;
  ItemContents contents;
  Progress& progress;
};

// Where each period ends, ascending, the last at the end of the stream; at least one.
using PeriodEnds = std::vector<std::size_t>;
PeriodEnds equal_periods(std::size_t events, std::size_t periods);
PeriodEnds periods_of_length(std::span<const Event> events, Millis length);

// The id that the event gives, else cut by gaps; distinct over users.
std::vector<std::string> session_keys(std::span<const Event> events, Millis gap);

// Predict, then learn: each target from everything before it. Periods matter to the synchronisation alone.
struct PrequentialOptions {
  std::function<bool(const Event&)> ranks;  // whether an event is a target
  bool first_touches = false;               // only the first event of a user and an item is one
  double skip_share = 0.0;                  // of the targets, at the beginning: learnt, not scored
  std::size_t skip_events = 0;              // targets among the first so many events likewise
  bool ties_visible = false;                // else all of one time are asked for before the first of them is learnt
  PeriodEnds periods;
};
Status run_prequential(std::span<const Event> events, const PrequentialOptions& options, Course& course);

// Next item in sessions, period by period: every item of a session but the first is predicted, and the mean over the
// periods counts.
struct ContinualOptions {
  std::function<bool(const Event&)> ranks;
  // Items that no earlier period had are no targets, nor do they count as a session's first; they stay in prefixes.
  bool known_targets = true;
  std::size_t scored_from = 1;  // the first period that is scored
  bool ties_visible = false;
  Millis session_gap{30 * 60 * 1000};
  bool learn_last_synchronisation = true;  // what waits at the very end is learnt, though nothing is asked any more
  PeriodEnds periods;
};
Status run_continual(std::span<const Event> events, const ContinualOptions& options, Course& course);

// What a user buys at once, predicted whole at its first time from every basket whose last line is strictly earlier:
// events of a user with one session id, or where they give none of one time. Repeats are allowed, items that nobody
// had yet stay among the targets. Within the step a visit is cut by time: which basket a line belongs to is only known
// when it is written.
struct BasketOptions {
  std::function<bool(const Event&)> ranks;  // the other lines are learnt with their basket, but are no targets
  double skip_share = 0.0;                  // of the baskets, at the beginning
  std::size_t periods = 1;                  // of equally many baskets
};
Status run_baskets(std::vector<Event> lines, const BasketOptions& options, Course& course);

// Each rating predicted before it is learnt, ties in the stream's order; or, with the ties hidden, all of one time
// before the first of them is learnt.
struct RatingOptions {
  bool hide_ties = false;
  PeriodEnds periods;
};
Status run_ratings(std::span<const Event> events, const RatingOptions& options, Course& course);

// Each user's last target, predicted from everything but all users' last ones: a model trained once. Not a streaming
// protocol, so the synchronisation plays no part; it is what many papers print.
struct LeaveLastOutOptions {
  std::function<bool(const Event&)> ranks;
  std::size_t events_min = 3;  // of a user: with fewer nothing is left out
};
Status run_leave_last_out(std::span<const Event> events, const LeaveLastOutOptions& options, Course& course);

}  // namespace millrace
