#include "demo/real_broker.h"

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include "kafka/client.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kStartPatience{60};
constexpr seconds kStopPatience{20};

std::string server_properties(const std::filesystem::path& folder, int port, int controller_port,
                              const RealBrokerOptions& options) {
  const std::string client = "127.0.0.1:" + std::to_string(port);
  std::string listeners;
  std::string advertised;
  std::string protocols = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT";
  for (const BrokerListener& each : options.listeners) {
    listeners += "," + each.name + "://127.0.0.1:" + std::to_string(each.port);
    advertised += "," + each.name + "://127.0.0.1:" + std::to_string(each.advertised_port);
    protocols += "," + each.name + ":" + each.protocol;
  }
  const std::string controller = "127.0.0.1:" + std::to_string(controller_port);
  return "process.roles=broker,controller\nnode.id=1\n"
         "controller.quorum.voters=1@" +
         controller +
         "\n"
         "listeners=PLAINTEXT://" +
         client + ",CONTROLLER://" + controller + listeners +
         "\n"
         "advertised.listeners=PLAINTEXT://" +
         client + advertised +
         "\n"
         "listener.security.protocol.map=" +
         protocols +
         "\n"
         "controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT\n"
         "log.dirs=" +
         (folder / "data").string() +
         "\n"
         "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n"
         "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
         "transaction.state.log.num.partitions=2\n"
         "group.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n"
         "broker.session.timeout.ms=6000\n" +
         options.properties;
}

constexpr const char* kLogging =
    "rootLogger.level=WARN\nrootLogger.appenderRef.console.ref=console\n"
    "appender.console.type=Console\nappender.console.name=console\n"
    "appender.console.layout.type=PatternLayout\nappender.console.layout.pattern=%d %p %c{1} %m%n\n";

void write_file(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

Result<std::unique_ptr<RealBroker>> RealBroker::start(const std::filesystem::path& jars,
                                                      const RealBrokerOptions& options) {
  std::unique_ptr<RealBroker> broker(new RealBroker);
  MILLRACE_RETURN_IF_ERROR(broker->prepare(jars, options));
  MILLRACE_RETURN_IF_ERROR(broker->launch());
  return broker;
}

Result<std::unique_ptr<RealBroker>> RealBroker::given(const std::string& bootstrap_servers) {
  std::unique_ptr<RealBroker> broker(new RealBroker);
  broker->bootstrap_servers_ = bootstrap_servers;
  MILLRACE_RETURN_IF_ERROR(broker->wait_until_it_answers());
  return broker;
}

Status RealBroker::prepare(const std::filesystem::path& jars, const RealBrokerOptions& options) {
  if (!std::filesystem::is_directory(jars)) {
    return stop_error(ErrorCode::kNotFound, "starting Apache Kafka: no jars in " + jars.string() + "; run ./dev setup");
  }
  jars_ = jars;
  folder_.emplace("millrace-kafka");
  const int port = free_port();
  bootstrap_servers_ = "127.0.0.1:" + std::to_string(port);
  write_file(folder_->path() / "server.properties", server_properties(folder_->path(), port, free_port(), options));
  write_file(folder_->path() / "log4j2.properties", kLogging);
  std::vector<std::string> format = java("kafka.tools.StorageTool");
  format.insert(format.end(),
                {"format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", (folder_->path() / "server.properties").string()});
  auto process = ChildProcess::start({.command = format, .log = log()});
  if (!process.ok()) {
    return stop_error(ErrorCode::kNotFound,
                      process.error().message + "; install default-jre-headless (./dev setup does)");
  }
  if (process->wait(kStartPatience) == 0) return Ok{};
  return stop_error(ErrorCode::kFatal, "formatting Kafka's storage failed: " + tail(log(), 20));
}

std::vector<std::string> RealBroker::java(const std::string& main_class) const {
  return {"java",
          "-Xmx512m",
          "-XX:TieredStopAtLevel=1",
          "-Dlog4j2.configurationFile=" + (folder_->path() / "log4j2.properties").string(),
          "-cp",
          jars_.string() + "/*",
          main_class};
}

Status RealBroker::launch() {
  std::vector<std::string> command = java("kafka.Kafka");
  command.push_back((folder_->path() / "server.properties").string());
  MILLRACE_ASSIGN_OR_RETURN(process_, ChildProcess::start({.command = command, .log = log()}));
  return wait_until_it_answers();
}

Status RealBroker::wait_until_it_answers() {
  const auto deadline = steady_clock::now() + kStartPatience;
  std::string last;
  while (steady_clock::now() < deadline) {
    const auto answer = describe_topic(bootstrap_servers_, {}, "no-such-topic");
    if (answer.ok()) return Ok{};
    last = answer.error().message;
    if (process_ && !process_->running()) break;
    std::this_thread::sleep_for(milliseconds{100});
  }
  if (owned()) last += "\n" + tail(log(), 20);
  return stop_error(ErrorCode::kUnavailable, "waiting for Kafka at " + bootstrap_servers_ + ": " + last);
}

void RealBroker::stop() { process_->end(SIGTERM, kStopPatience); }
void RealBroker::kill() { process_->end(SIGKILL, kStopPatience); }
Status RealBroker::restart() { return launch(); }

int RealBroker::run_tool(const std::string& main_class, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = java(main_class);
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto process = ChildProcess::start({.command = command, .log = folder_->path() / "tool.log"});
  return process.ok() ? process->wait(kStartPatience).value_or(-1) : -1;
}

}  // namespace millrace
