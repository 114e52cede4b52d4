#include "metrics/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace millrace {
namespace {

// Requests are short and few: a scraper, a probe, a person. The library itself refuses request lines and header lines
// beyond 8 KiB; these bounds see to it that nobody holds a thread for long.
constexpr std::size_t kThreads = 4;
constexpr std::size_t kPayloadBytesMax = 1 << 10;
constexpr std::size_t kKeepAliveRequestsMax = 100;
constexpr time_t kTimeoutSeconds = 5;

constexpr const char* kPage =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Millrace</title>"
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:3em auto;padding:0 1em}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8cf}}</style></head>"
    "<body><h1>Millrace</h1><ul><li><a href=\"/metrics\">/metrics</a>: everything measured, for Prometheus</li>"
    "<li><a href=\"/livez\">/livez</a>: does the loop move?</li>"
    "<li><a href=\"/readyz\">/readyz</a>: assigned, restored, running, disk</li></ul></body></html>\n";

// The library's own default lets two processes share a port, and a scraper would meet either.
void refuse_sharing(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

void answer(httplib::Response& response, const HealthAnswer& health) {
  response.status = health.passes ? 200 : 503;
  response.set_content(health.text, "text/plain; charset=utf-8");
}

class Server final : public HttpServer {
 public:
  Server(std::function<std::string()> metrics, const Health& health) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_socket_options(refuse_sharing);
    server_.set_payload_max_length(kPayloadBytesMax);
    server_.set_keep_alive_max_count(kKeepAliveRequestsMax);
    server_.set_keep_alive_timeout(kTimeoutSeconds);
    server_.set_read_timeout(kTimeoutSeconds);
    server_.set_write_timeout(kTimeoutSeconds);
    server_.set_default_headers({{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}});
    server_.Get("/metrics", [metrics = std::move(metrics)](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics(), "text/plain; version=0.0.4; charset=utf-8");
    });
    server_.Get("/livez", [&health](const auto&, auto& response) { answer(response, health.alive()); });
    server_.Get("/readyz", [&health](const auto&, auto& response) { answer(response, health.ready()); });
    server_.Get("/", [](const auto&, auto& response) { response.set_content(kPage, "text/html; charset=utf-8"); });
  }

  ~Server() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status start(const std::string& address, std::uint16_t port) {
    const int bound = port == 0 ? server_.bind_to_any_port(address)
                                : (server_.bind_to_port(address, port) ? static_cast<int>(port) : -1);
    if (bound < 0) {
      return stop_error(ErrorCode::kUnavailable,
                        "opening the metrics port " + address + ":" + std::to_string(port) +
                            ": the address is in use or not ours; choose another address or port");
    }
    port_ = static_cast<std::uint16_t>(bound);
    thread_ = std::thread([this] {
      server_.listen_after_bind();
      ended_ = true;
    });
    // stop() does nothing before the library listens, so the destructor may not come earlier.
    while (!server_.is_running() && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Ok{};
  }

  std::uint16_t port() const override { return port_; }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::atomic<bool> ended_ = false;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> start_http_server(const HttpOptions& options, std::function<std::string()> metrics,
                                                      const Health& health) {
  auto server = std::make_unique<Server>(std::move(metrics), health);
  MILLRACE_RETURN_IF_ERROR(server->start(options.address, options.port));
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace millrace
