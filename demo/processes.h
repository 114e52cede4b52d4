// The two programs that the demo watches over: a broker, embedded or real, and the service. Both die with the demo.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.h"
#include "demo/child_process.h"

namespace millrace {

class BrokerProcess {
 public:
  virtual ~BrokerProcess() = default;
  virtual const std::string& bootstrap_servers() const = 0;
  virtual bool running() = 0;
  virtual std::filesystem::path log() const = 0;
};

// Both create the demo's topics and return when the broker answers. The embedded one is `self`, the demo's program; the
// real one, of the jars in that folder, forgets what is older than the newest 64 MiB of a partition.
Result<std::unique_ptr<BrokerProcess>> start_embedded_broker_process(const std::filesystem::path& self,
                                                                     const std::filesystem::path& folder);
Result<std::unique_ptr<BrokerProcess>> start_real_broker_process(const std::filesystem::path& jars);

struct ServiceOptions {
  std::filesystem::path millrace;
  std::filesystem::path folder;
  std::string bootstrap_servers;
  int port = 0;
};

class ServiceProcess {
 public:
  // Writes the configuration and starts the program; wait_until_ready() follows.
  static Result<ServiceProcess> start(const ServiceOptions& options);
  // kUnavailable with the end of its log where it ended or took too long.
  Status wait_until_ready();
  // SIGTERM, and the exit code.
  int stop();
  ChildProcess& process() { return process_; }
  const std::filesystem::path& log() const { return log_; }
  int port() const { return port_; }

 private:
  ServiceProcess(ChildProcess process, std::filesystem::path log, int port)
      : process_(std::move(process)), log_(std::move(log)), port_(port) {}
  ChildProcess process_;
  std::filesystem::path log_;
  int port_;
};

// The service's configuration for the demo; everything it does not name is as shipped.
std::string service_configuration(const ServiceOptions& options);

}  // namespace millrace
