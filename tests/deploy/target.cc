#include "tests/deploy/target.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "metrics/health.h"
#include "metrics/http_server.h"
#include "tests/metrics/example_metrics.h"

namespace millrace {
namespace {

// Metrics that see the example's reports again and again.
class FedMetrics final : public Target {
 public:
  FedMetrics() {
    auto started = start_http_server(
        {.port = 0}, [this] { return metrics_->text(); }, health_);
    if (!started.ok()) throw std::runtime_error(started.error().message);
    server_ = std::move(started).value();
    feeder_ = std::thread([this] {
      for (std::uint64_t round = 2; !stop_; ++round) {
        report_everything(*metrics_, round);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    });
  }

  ~FedMetrics() override {
    stop_ = true;
    feeder_.join();
  }

  int port() const override { return server_->port(); }
  std::string log() const override { return "metrics fed in this process"; }

 private:
  Health health_{std::chrono::seconds(10)};
  std::unique_ptr<Metrics> metrics_ = make_example_metrics();
  std::unique_ptr<HttpServer> server_;
  std::thread feeder_;
  std::atomic<bool> stop_ = false;
};

}  // namespace

std::unique_ptr<Target> start_target(const std::filesystem::path&) { return std::make_unique<FedMetrics>(); }

}  // namespace millrace
