#include "tests/integration/real_broker.h"

#include <unistd.h>

#include <cstdlib>

#include "core/time.h"

namespace millrace::testing {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path kafka_jars() {
  const std::string given = environment("MILLRACE_KAFKA_LIBS");
  return given.empty() ? std::filesystem::path(MILLRACE_SOURCE_DIR) / ".cache/kafka/libs"
                       : std::filesystem::path(given);
}

Result<std::unique_ptr<RealBroker>> start_real_broker(const RealBrokerOptions& options) {
  const std::string given = environment("MILLRACE_TEST_BOOTSTRAP");
  if (given.empty()) return RealBroker::start(kafka_jars(), options);
  if (options.listeners.empty() && options.properties.empty()) return RealBroker::given(given);
  return stop_error(ErrorCode::kInvalid,
                    "starting Apache Kafka: MILLRACE_TEST_BOOTSTRAP names a broker, but this test sets up its own");
}

bool broker_required() { return environment("MILLRACE_TEST_KAFKA") == "required"; }

std::string unique_name(const std::string& stem) {
  static int counter = 0;
  return stem + "-" + std::to_string(::getpid()) + "-" + std::to_string(system_clock().now().count) + "-" +
         std::to_string(++counter);
}

}  // namespace millrace::testing
