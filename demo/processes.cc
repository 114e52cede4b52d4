#include "demo/processes.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "demo/event_source.h"
#include "demo/samples.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBrokerPatience{20'000};
constexpr milliseconds kReadyPatience{60'000};
constexpr milliseconds kStopPatience{60'000};
constexpr milliseconds kPause{50};
// The embedded broker keeps 5 MiB a partition: many partitions hold what the slowest reader has still to read.
constexpr const char* kPartitions = ":16";
constexpr std::string_view kAnnouncement = "bootstrap ";

std::vector<std::string> broker_command(const std::filesystem::path& self) {
  std::vector<std::string> command{self.string(), "broker",  "--topic",
                                   "items:1",     "--topic", std::string("recommendations") + kPartitions};
  for (const std::string_view topic : kDemoTopics) {
    command.insert(command.end(), {"--topic", std::string(topic) + kPartitions});
    command.insert(command.end(), {"--topic", std::string(topic) + ".dlq:4"});
  }
  command.insert(command.end(), {"--topic", "items.dlq:1"});
  return command;
}

}  // namespace

Result<BrokerProcess> BrokerProcess::start(const std::filesystem::path& self, const std::filesystem::path& folder) {
  const std::filesystem::path log = folder / "broker.log";
  MILLRACE_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::start({.command = broker_command(self), .log = log}));
  const auto deadline = steady_clock::now() + kBrokerPatience;
  while (process.running() && steady_clock::now() < deadline) {
    const std::string text = read_file(log);
    const auto from = text.find(kAnnouncement);
    const auto end = from == std::string::npos ? from : text.find('\n', from);
    if (end != std::string::npos) {
      const auto address = from + kAnnouncement.size();
      return BrokerProcess(std::move(process), text.substr(address, end - address));
    }
    std::this_thread::sleep_for(kPause);
  }
  return stop_error(ErrorCode::kUnavailable,
                    "starting the embedded broker: it did not announce itself\n" + tail(log, 10));
}

std::string service_configuration(const ServiceOptions& options) {
  return "[service]\nstate_directory = \"" + (options.folder / "state").string() +
         "\"\n\n[kafka]\nbootstrap_servers = \"" + options.bootstrap_servers +
         "\"\n\n[metrics]\nport = " + std::to_string(options.port) + "\n";
}

Result<ServiceProcess> ServiceProcess::start(const ServiceOptions& options) {
  const std::filesystem::path configuration = options.folder / "millrace.toml";
  const std::filesystem::path log = options.folder / "millrace.log";
  std::ofstream(configuration) << service_configuration(options);
  ChildOptions child{.command = {options.millrace.string(), "run", "--config", configuration.string()}, .log = log};
  child.signal_when_orphaned = SIGTERM;
  MILLRACE_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::start(child));
  return ServiceProcess(std::move(process), log, options.port);
}

Status ServiceProcess::wait_until_ready() {
  const auto deadline = steady_clock::now() + kReadyPatience;
  while (process_.running() && steady_clock::now() < deadline) {
    if (http_get(port_, "/readyz").ok()) return Ok{};
    std::this_thread::sleep_for(kPause);
  }
  return stop_error(ErrorCode::kUnavailable,
                    "starting millrace: it is not ready; the end of " + log_.string() + ":\n" + tail(log_, 15));
}

int ServiceProcess::stop() { return process_.end(SIGTERM, kStopPatience); }

}  // namespace millrace
