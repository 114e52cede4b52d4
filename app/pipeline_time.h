// Measuring and pacing the service loop on the steady clock. None of it reaches the step.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

namespace millrace {

class Stopwatch {
 public:
  // Seconds since the last lap, or since it was made.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> passed = now - std::exchange(last_, now);
    return passed.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Due once an interval, beginning with the first question.
class Timer {
 public:
  explicit Timer(std::chrono::milliseconds interval) : interval_(interval) {}
  bool due() {
    const auto now = std::chrono::steady_clock::now();
    if (next_ && now < *next_) return false;
    next_ = now + interval_;
    return true;
  }

 private:
  std::chrono::milliseconds interval_;
  std::optional<std::chrono::steady_clock::time_point> next_;
};

}  // namespace millrace
