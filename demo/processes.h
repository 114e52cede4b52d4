// The two programs that the demo watches over: the embedded broker and the service. Each logs into the demo's folder;
// both die with the demo.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/result.h"
#include "demo/child_process.h"

namespace millrace {

class BrokerProcess {
 public:
  // Creates the demo's topics and returns when the broker answers.
  static Result<BrokerProcess> start(const std::filesystem::path& self, const std::filesystem::path& folder);
  const std::string& bootstrap_servers() const { return bootstrap_servers_; }
  ChildProcess& process() { return process_; }

 private:
  BrokerProcess(ChildProcess process, std::string bootstrap_servers)
      : process_(std::move(process)), bootstrap_servers_(std::move(bootstrap_servers)) {}
  ChildProcess process_;
  std::string bootstrap_servers_;
};

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
