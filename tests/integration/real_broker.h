// A real Apache Kafka for tests: one KRaft node under a headless Java, in a folder of its own, on free loopback ports.
// Starts in about four seconds; can be restarted and killed. Where MILLRACE_TEST_BOOTSTRAP names a broker, that one is
// used instead and can be neither. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/result.h"
#include "demo/child_process.h"

namespace millrace::testing {

class RealBroker {
 public:
  // Returns when the broker answers. kNotFound: no Java or no jars here; the message names the remedy.
  static Result<std::unique_ptr<RealBroker>> start();

  const std::string& bootstrap_servers() const { return bootstrap_servers_; }
  // False for a broker that was given: stop(), kill() and restart() are not to be called then.
  bool owned() const { return folder_.has_value(); }

  void stop();       // SIGTERM, and waits
  void kill();       // SIGKILL, and waits
  Status restart();  // after stop() or kill(): the same ports and data; returns when it answers

 private:
  RealBroker() = default;
  Status prepare(const std::filesystem::path& jars);
  Status launch();
  Status wait_until_it_answers();
  std::vector<std::string> java(const std::string& main_class) const;

  std::optional<TemporaryFolder> folder_;
  std::filesystem::path jars_;
  std::string bootstrap_servers_;
  std::optional<ChildProcess> process_;
};

// Ends the calling test where there is no broker: skipped, or failed where MILLRACE_TEST_KAFKA is "required" (as under
// ./dev test). Declares `broker`, a std::unique_ptr<RealBroker>.
#define MILLRACE_REAL_BROKER(broker)                                       \
  auto broker##_started = ::millrace::testing::RealBroker::start();        \
  if (!broker##_started.ok() && !::millrace::testing::broker_required()) { \
    GTEST_SKIP() << broker##_started.error().message;                      \
  }                                                                        \
  ASSERT_TRUE(broker##_started.ok()) << broker##_started.error().message;  \
  const std::unique_ptr<::millrace::testing::RealBroker> broker = std::move(broker##_started).value()

bool broker_required();

// A name for a topic or group that no other test uses, also on a broker that outlives the tests.
std::string unique_name(const std::string& stem);

}  // namespace millrace::testing
