// Measuring and pacing the service loop on the clock's steady time. None of it reaches the step.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "core/time.h"

namespace millrace {

// The clock must outlive it, here and below.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), last_(clock.steady()) {}
  // Seconds since the last lap, or since it was made.
  double lap() {
    const auto now = clock_.steady();
    const std::chrono::duration<double> passed = now - std::exchange(last_, now);
    return passed.count();
  }

 private:
  const Clock& clock_;
  std::chrono::nanoseconds last_;
};

// Due once an interval, beginning with the first question.
class Timer {
 public:
  Timer(const Clock& clock, std::chrono::milliseconds interval) : clock_(clock), interval_(interval) {}
  bool due() {
    const auto now = clock_.steady();
    if (next_ && now < *next_) return false;
    next_ = now + interval_;
    return true;
  }
  // Due again at once.
  void reset() { next_.reset(); }

 private:
  const Clock& clock_;
  std::chrono::milliseconds interval_;
  std::optional<std::chrono::nanoseconds> next_;
};

}  // namespace millrace
