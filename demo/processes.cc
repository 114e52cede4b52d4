#include "demo/processes.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "demo/event_source.h"
#include "demo/real_broker.h"
#include "demo/samples.h"
#include "kafka/client.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBrokerPatience{20'000};
constexpr milliseconds kReadyPatience{60'000};
constexpr milliseconds kStopPatience{60'000};
constexpr milliseconds kPause{50};
// The embedded broker keeps 5 MiB a partition: many partitions hold what the slowest reader has still to read.
constexpr std::int32_t kPartitions = 16;
constexpr std::int32_t kDeadLetterPartitions = 4;
constexpr std::string_view kAnnouncement = "bootstrap ";

struct DemoTopic {
  std::string name;
  std::int32_t partitions = 1;
  bool compacted = false;
};

std::vector<DemoTopic> demo_topics() {
  std::vector<DemoTopic> topics{{"items", 1, true}, {"recommendations", kPartitions, true}, {"items.dlq", 1}};
  for (const std::string_view input : kDemoTopics) {
    topics.push_back({std::string(input), kPartitions});
    topics.push_back({std::string(input) + ".dlq", kDeadLetterPartitions});
  }
  return topics;
}

class EmbeddedBrokerProcess final : public BrokerProcess {
 public:
  EmbeddedBrokerProcess(ChildProcess process, std::filesystem::path log)
      : process_(std::move(process)), log_(std::move(log)) {}
  const std::string& bootstrap_servers() const override { return bootstrap_servers_; }
  bool running() override { return process_.running(); }
  std::filesystem::path log() const override { return log_; }

  Status wait_until_announced() {
    const auto deadline = steady_clock::now() + kBrokerPatience;
    while (running() && steady_clock::now() < deadline) {
      const std::string text = read_file(log_);
      const auto from = text.find(kAnnouncement);
      const auto end = from == std::string::npos ? from : text.find('\n', from);
      if (end != std::string::npos) {
        const auto address = from + kAnnouncement.size();
        bootstrap_servers_ = text.substr(address, end - address);
        return Ok{};
      }
      std::this_thread::sleep_for(kPause);
    }
    return stop_error(ErrorCode::kUnavailable,
                      "starting the embedded broker: it did not announce itself\n" + tail(log_, 10));
  }

 private:
  ChildProcess process_;
  std::filesystem::path log_;
  std::string bootstrap_servers_;
};

class RealBrokerProcess final : public BrokerProcess {
 public:
  explicit RealBrokerProcess(std::unique_ptr<RealBroker> broker) : broker_(std::move(broker)) {}
  const std::string& bootstrap_servers() const override { return broker_->bootstrap_servers(); }
  bool running() override { return broker_->running(); }
  std::filesystem::path log() const override { return broker_->log(); }

 private:
  std::unique_ptr<RealBroker> broker_;
};

}  // namespace

Result<std::unique_ptr<BrokerProcess>> start_embedded_broker_process(const std::filesystem::path& self,
                                                                     const std::filesystem::path& folder) {
  std::vector<std::string> command{self.string(), "broker"};
  for (const DemoTopic& topic : demo_topics()) {
    command.insert(command.end(), {"--topic", topic.name + ":" + std::to_string(topic.partitions)});
  }
  const std::filesystem::path log = folder / "broker.log";
  MILLRACE_ASSIGN_OR_RETURN(ChildProcess process, ChildProcess::start({.command = command, .log = log}));
  auto broker = std::make_unique<EmbeddedBrokerProcess>(std::move(process), log);
  MILLRACE_RETURN_IF_ERROR(broker->wait_until_announced());
  return std::unique_ptr<BrokerProcess>(std::move(broker));
}

Result<std::unique_ptr<BrokerProcess>> start_real_broker_process(const std::filesystem::path& jars) {
  RealBrokerOptions options;
  options.properties =
      "log.retention.bytes=67108864\nlog.segment.bytes=16777216\nlog.retention.check.interval.ms=30000\n";
  MILLRACE_ASSIGN_OR_RETURN(auto broker, RealBroker::start(jars, options));
  for (const DemoTopic& topic : demo_topics()) {
    MILLRACE_RETURN_IF_ERROR(
        create_topic(broker->bootstrap_servers(), {}, topic.name, topic.partitions, topic.compacted));
  }
  return std::unique_ptr<BrokerProcess>(std::make_unique<RealBrokerProcess>(std::move(broker)));
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
