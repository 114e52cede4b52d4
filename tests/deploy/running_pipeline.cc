#include "tests/deploy/running_pipeline.h"

#include <stdexcept>
#include <utility>

#include "demo/child_process.h"
#include "demo/processes.h"

namespace millrace {
namespace {

const std::filesystem::path kDemoProgram = MILLRACE_BINARY_DIR "/demo/millrace-demo";
const std::filesystem::path kServiceProgram = MILLRACE_BINARY_DIR "/app/millrace";
constexpr const char* kRecordsPerSecond = "300";  // leaves the processor to Prometheus and the other tests

template <class T>
T value_of(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

ChildProcess start_feeder(const std::filesystem::path& folder, const std::string& bootstrap_servers) {
  return value_of(ChildProcess::start({.command = {kDemoProgram.string(), "feed", "--bootstrap", bootstrap_servers,
                                                   "--simulate", "--rate", kRecordsPerSecond},
                                       .log = folder / "feeder.log"}));
}

}  // namespace

struct RunningPipeline::Processes {
  explicit Processes(const std::filesystem::path& folder)
      : broker(value_of(start_embedded_broker_process(kDemoProgram, folder))),
        service(value_of(ServiceProcess::start({.millrace = kServiceProgram,
                                                .folder = folder,
                                                .bootstrap_servers = broker->bootstrap_servers(),
                                                .port = free_port()}))),
        feeder(start_feeder(folder, broker->bootstrap_servers())) {}

  std::unique_ptr<BrokerProcess> broker;
  ServiceProcess service;
  ChildProcess feeder;
};

RunningPipeline::RunningPipeline(const std::filesystem::path& folder)
    : folder_(folder), processes_(std::make_unique<Processes>(folder)) {
  value_of(processes_->service.wait_until_ready());
}

RunningPipeline::~RunningPipeline() = default;

int RunningPipeline::metrics_port() const { return processes_->service.port(); }

std::string RunningPipeline::logs() const {
  std::string text;
  for (const char* name : {"broker.log", "millrace.log", "feeder.log"}) {
    text += std::string(name) + ":\n" + tail(folder_ / name, 10) + "\n";
  }
  return text;
}

}  // namespace millrace
