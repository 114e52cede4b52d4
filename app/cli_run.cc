// `millrace run`: signals, store, metrics and the service loop, wired.
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "app/backup.h"
#include "app/cli_commands.h"
#include "app/cli_version.h"
#include "app/control.h"
#include "app/log.h"
#include "app/metrics_observer.h"
#include "app/pipeline.h"
#include "metrics/health.h"
#include "metrics/http_server.h"
#include "metrics/metrics.h"
#include "store/rocks_store.h"

namespace millrace {
namespace {

// A start that learns many steps again beats only when it is done.
constexpr std::chrono::seconds kBeatLimit{120};

std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void request_stop(int /*signal*/) { stop_requested = true; }

// The first signal asks for an orderly end; the second, unhandled, ends the process.
void handle_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

LogLevel level_of(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

// A file system without sockets costs the backups by command, no more.
std::unique_ptr<ControlServer> start_control(const Config& config, RocksStore& store) {
  auto control = ControlServer::start(config.service.state_directory, [&store](const auto& words, const auto& proceed) {
    return serve_request(store, words, proceed);
  });
  if (control.ok()) return std::move(control).value();
  log_warn("\"millrace backup\" will not reach this service", {{"error", control.error().message}});
  return nullptr;
}

}  // namespace

Status run_service(const Config& config) {
  set_log_level(level_of(config.service.log_level));
  handle_signals();
  log_info("starting", {{"version", build_version()},
                        {"config", config_hash(config)},
                        {"state_directory", config.service.state_directory}});
  Metrics metrics(metrics_options(config, std::string(build_version()), std::string(build_commit())));
  Health health(kBeatLimit);
  MILLRACE_ASSIGN_OR_RETURN(const auto server, start_http_server(
                                                   config.metrics, [&] { return metrics.text(); }, health));
  log_info("metrics", {{"address", config.metrics.address}, {"port", server->port()}});
  RocksOptions store_options = rocks_options(config, false);
  store_options.log = [](std::string_view line) { log_warn("the store says", {{"text", line}}); };
  MILLRACE_ASSIGN_OR_RETURN(const auto store, open_rocks_store(store_options));
  const auto control = start_control(config, *store);
  MetricsObserver observer(metrics, health, config.effort);
  MILLRACE_ASSIGN_OR_RETURN(const auto pipeline, Pipeline::open(config, *store, observer));
  MILLRACE_RETURN_IF_ERROR(pipeline->run(stop_requested));
  log_info("stopped");
  return Ok{};
}

}  // namespace millrace
