#include "core/time.h"

#include <chrono>
#include <thread>

namespace millrace {
namespace {

class SystemClock final : public Clock {
 public:
  Millis now() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
  }
};

}  // namespace

std::chrono::nanoseconds Clock::steady() const { return std::chrono::steady_clock::now().time_since_epoch(); }
void Clock::sleep(std::chrono::milliseconds duration) const { std::this_thread::sleep_for(duration); }

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace millrace
