// A real Apache Kafka for long demos, tests and benchmarks: one KRaft node under a headless Java, in a folder of its
// own, on free loopback ports. Starts in about four seconds; can be restarted and killed. One thread, which must
// outlive it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "demo/child_process.h"

namespace millrace {

struct BrokerListener {
  std::string name;
  std::string protocol;  // PLAINTEXT, SASL_SSL
  int port = 0;
  int advertised_port = 0;  // another one where a proxy stands before it
};

struct RealBrokerOptions {
  std::vector<BrokerListener> listeners;  // beside the plain one of bootstrap_servers()
  std::string properties;                 // lines added to server.properties
};

class RealBroker {
 public:
  // Returns when the broker answers. `jars`: the folder of Kafka's. kNotFound: no Java or no jars here; the message
  // names the remedy.
  static Result<std::unique_ptr<RealBroker>> start(const std::filesystem::path& jars,
                                                   const RealBrokerOptions& options = {});
  // One that runs already, wherever it is.
  static Result<std::unique_ptr<RealBroker>> given(const std::string& bootstrap_servers);

  const std::string& bootstrap_servers() const { return bootstrap_servers_; }
  // False for a broker that was given: what follows is not to be called then.
  bool owned() const { return folder_.has_value(); }
  bool running() { return process_->running(); }
  std::filesystem::path log() const { return folder_->path() / "broker.log"; }

  void stop();       // SIGTERM, and waits
  void kill();       // SIGKILL, and waits
  Status restart();  // after stop() or kill(): the same ports and data; returns when it answers
  // One of Kafka's own tools, for instance kafka.admin.ConfigCommand: its exit code.
  int run_tool(const std::string& main_class, const std::vector<std::string>& arguments);

 private:
  RealBroker() = default;
  Status prepare(const std::filesystem::path& jars, const RealBrokerOptions& options);
  Status launch();
  Status wait_until_it_answers();
  std::vector<std::string> java(const std::string& main_class) const;

  std::optional<TemporaryFolder> folder_;
  std::filesystem::path jars_;
  std::string bootstrap_servers_;
  std::optional<ChildProcess> process_;
};

}  // namespace millrace
