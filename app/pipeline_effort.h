// How hard a step works: as many replays, and as deep a look for candidates, as configured while the stream leaves
// time; less the further reading is behind; more replays, if so configured, while steps take little of the time.
// Decided outside the step and recorded with it. Equal bounds give the same effort always.
#pragma once

#include <cstdint>

#include "app/config.h"
#include "model/learner.h"

namespace millrace {

class EffortGovernor {
 public:
  explicit EffortGovernor(const EffortSettings& settings) : settings_(settings) {}

  // What the last step did: `records` in `seconds`, after having waited for `idle_seconds`.
  void observe(std::uint64_t records, double seconds, double idle_seconds = 0.0);
  // `lag`: records waiting. At none the most; at a tenth of a second's worth of work, or more, the least.
  Effort decide(std::int64_t lag) const;
  // Share of the last seconds that steps took.
  double busy() const { return busy_; }

 private:
  EffortSettings settings_;
  double replays_most() const;

  double records_per_second_ = 0.0;  // while working; moving average
  double busy_ = 1.0;                // moving average over time
};

}  // namespace millrace
