// Is the service alive, and may it be relied on? The pipeline's loop reports, the HTTP server answers. Alive: the loop
// moves, whatever the broker does. Ready: every check passes. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/time.h"

namespace millrace {

enum class Check : std::uint8_t {
  kAssigned,  // owns partitions
  kRestored,  // state loaded, and learnt again what the last checkpoint lacks
  kRunning,   // reading is not paused
  kDisk,      // enough free space
};
inline constexpr std::size_t kChecks = 4;
std::string_view check_name(Check check);

struct HealthAnswer {
  bool passes = false;
  std::string text;  // one line a check
};

class Health {
 public:
  // Alive while the last beat is younger than `beat_limit`. Checks fail until they are set.
  explicit Health(std::chrono::milliseconds beat_limit, const Clock& clock = system_clock());

  void beat();
  // `detail` says why; shown in the answer.
  void set(Check check, bool passes, std::string detail);

  HealthAnswer alive() const;
  HealthAnswer ready() const;

 private:
  struct CheckState {
    bool passes = false;
    std::string detail = "not yet";
  };
  std::chrono::milliseconds beat_limit_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::chrono::nanoseconds last_beat_;
  std::array<CheckState, kChecks> checks_;
};

}  // namespace millrace
