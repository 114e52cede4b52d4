#include "core/time.h"

#include <chrono>

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

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace millrace
