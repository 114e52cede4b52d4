// A real Apache Kafka for tests: one KRaft node under a headless Java, in a folder of its own, on free loopback ports.
// Starts in about four seconds; can be restarted and killed. Where MILLRACE_TEST_BOOTSTRAP names a broker, that one is
// used instead and can be neither. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "demo/child_process.h"

namespace millrace::testing {

struct BrokerListener {
  std::string name;
  std::string protocol;  // PLAINTEXT, SASL_SSL
  int port = 0;
  int advertised_port = 0;  // another one where a proxy stands before it
};

struct BrokerOptions {
  std::vector<BrokerListener> listeners;  // beside the plain one of bootstrap_servers()
  std::string properties;                 // lines added to server.properties
};

class RealBroker {
 public:
  // Returns when the broker answers. kNotFound: no Java or no jars here; the message names the remedy. A broker that
  // was given is used as it is where `options` ask for nothing; where they do, kInvalid: the test is to be skipped.
  static Result<std::unique_ptr<RealBroker>> start(const BrokerOptions& options = {});

  const std::string& bootstrap_servers() const { return bootstrap_servers_; }
  // False for a broker that was given: stop(), kill() and restart() are not to be called then.
  bool owned() const { return folder_.has_value(); }

  void stop();       // SIGTERM, and waits
  void kill();       // SIGKILL, and waits
  Status restart();  // after stop() or kill(): the same ports and data; returns when it answers
  // One of Kafka's own tools, for instance kafka.admin.ConfigCommand: its exit code.
  int run_tool(const std::string& main_class, const std::vector<std::string>& arguments);

 private:
  RealBroker() = default;
  Status prepare(const std::filesystem::path& jars, const BrokerOptions& options);
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
