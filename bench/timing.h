// Clocks of the benchmarks.
#pragma once

#include <chrono>
#include <ctime>

namespace millrace::bench {

// Seconds that this thread has run; what other programs take from the machine does not count.
inline double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace millrace::bench
