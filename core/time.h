// Event time and wall time, both in milliseconds since the Unix epoch (UTC). The step reads no clock: whoever needs one
// is handed a Clock.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace millrace {

struct Millis {
  std::int64_t count = 0;
  auto operator<=>(const Millis&) const = default;
};

constexpr Millis operator+(Millis a, Millis b) { return {a.count + b.count}; }
constexpr Millis operator-(Millis a, Millis b) { return {a.count - b.count}; }

inline constexpr Millis kHour{3'600'000};
inline constexpr Millis kDay{86'400'000};

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time.
  virtual Millis now() const = 0;
  // For measuring and pacing: never goes back; from an arbitrary start. Unless overridden, the system's.
  virtual std::chrono::nanoseconds steady() const;
  virtual void sleep(std::chrono::milliseconds duration) const;
};

// The system's. Thread-safe.
const Clock& system_clock();

}  // namespace millrace
