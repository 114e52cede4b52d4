#include "metrics/health.h"

#include <utility>

namespace millrace {

std::string_view check_name(Check check) {
  constexpr std::array<std::string_view, kChecks> kNames{"assigned", "restored", "running", "disk"};
  return kNames[static_cast<std::size_t>(check)];
}

Health::Health(std::chrono::milliseconds beat_limit, const Clock& clock)
    : beat_limit_(beat_limit), clock_(clock), last_beat_(clock.steady()) {}

void Health::beat() {
  const std::lock_guard lock(mutex_);
  last_beat_ = clock_.steady();
}

void Health::set(Check check, bool passes, std::string detail) {
  const std::lock_guard lock(mutex_);
  checks_[static_cast<std::size_t>(check)] = {passes, std::move(detail)};
}

HealthAnswer Health::alive() const {
  const std::lock_guard lock(mutex_);
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - last_beat_);
  const bool alive = age <= beat_limit_;
  return {alive, std::string(alive ? "ok" : "FAILED") + " loop: last beat " + std::to_string(age.count()) +
                     " ms ago, limit " + std::to_string(beat_limit_.count()) + " ms\n"};
}

HealthAnswer Health::ready() const {
  const std::lock_guard lock(mutex_);
  HealthAnswer answer{true, ""};
  for (std::size_t i = 0; i < kChecks; ++i) {
    const CheckState& check = checks_[i];
    answer.passes = answer.passes && check.passes;
    answer.text += check.passes ? "ok " : "FAILED ";
    answer.text += check_name(static_cast<Check>(i));
    if (!check.detail.empty()) answer.text += ": " + check.detail;
    answer.text += '\n';
  }
  return answer;
}

}  // namespace millrace
