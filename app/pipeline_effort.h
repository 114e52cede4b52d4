// How hard a step works: as many replays, and as deep a look for candidates, as configured while the stream leaves
// time; less the longer records have to wait; more replays, if so configured, while steps take little of the time.
// Decided outside the step and recorded with it. Equal bounds give the same effort always.
#pragma once

#include <cstdint>

#include "app/config.h"
#include "model/learner.h"

namespace millrace {

// Of a step of `records`: the least that is configured at `spare` 0, at 1 the most, with `replays_most` replays.
Effort effort_between(const EffortSettings& settings, double spare, double replays_most, std::size_t records);

class EffortGovernor {
 public:
  explicit EffortGovernor(const EffortSettings& settings) : settings_(settings) {}

  // For the next step, of `records` that are at hand, when `lag` more are waiting and nothing was done for
  // `idle_seconds` since the last one.
  Effort decide(std::size_t records, std::int64_t lag, double idle_seconds);
  // What that step did: `records` in `seconds`.
  void observe(std::uint64_t records, double seconds);
  // Share of the last seconds that steps took.
  double busy() const { return busy_; }

 private:
  EffortSettings settings_;
  double replays_most() const;
  double behind_seconds(std::int64_t lag) const;

  double records_per_second_ = 0.0;  // while working; moving average
  double busy_ = 1.0;                // moving average over time
  double step_seconds_ = 0.0;        // of the last step
  double idle_seconds_ = 0.0;        // before this one
  double spare_ = 1.0;               // 0: the least effort, 1: the most
};

}  // namespace millrace
