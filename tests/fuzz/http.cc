// Bytes that a client sends to the port, and nothing after them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include "core/check.h"
#include "metrics/health.h"
#include "metrics/http_server.h"
#include "tests/fuzz/targets.h"

namespace millrace::fuzz {
namespace {

constexpr std::string_view kExposition = "millrace_up 1\n";
constexpr std::string_view kGoodRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr int kMomentMs = 2;
constexpr int kNever = -1;
constexpr std::size_t kAnswerBytesMax = 1 << 20;

// libFuzzer's clock is a signal.
template <class Call>
auto again(const Call& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

// A connection goes on being made where a signal interrupts the wait for it.
bool connect_to(int socket, const sockaddr_in& address) {
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  if (errno != EINTR) return false;
  pollfd writable{socket, POLLOUT, 0};
  int failure = 0;
  socklen_t size = sizeof failure;
  return again([&] { return poll(&writable, 1, kNever); }) == 1 &&
         getsockopt(socket, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

class Port {
 public:
  Port() {
    auto started = start_http_server(
        {.address = "127.0.0.1", .port = 0}, [] { return std::string(kExposition); }, health_);
    MILLRACE_CHECK(started.ok());
    server_ = std::move(started).value();
  }

  // All that comes back until the server hangs up. `hang_up_ms`: after so long nothing more is to be expected from us;
  // it answers nobody who hangs up at once. Negative: it is the server that ends.
  std::string ask(std::string_view request, int hang_up_ms) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    MILLRACE_CHECK(socket >= 0);
    const linger reset{1, 0};  // ports of closed connections are free at once
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MILLRACE_CHECK(connect_to(socket, address));
    send_all(socket, request);
    pollfd readable{socket, POLLIN, 0};
    if (hang_up_ms >= 0) {
      poll(&readable, 1, hang_up_ms);
      shutdown(socket, SHUT_WR);
    }
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = again([&] { return recv(socket, buffer.data(), buffer.size(), 0); })) > 0;) {
      answer.append(buffer.data(), static_cast<std::size_t>(got));
      MILLRACE_CHECK(answer.size() <= kAnswerBytesMax);
    }
    close(socket);
    return answer;
  }

 private:
  // A server that has heard enough may hang up first.
  static void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = again([&] { return send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  Health health_{std::chrono::hours(1)};
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

// Whatever came, an answer is one of HTTP's, and the next client is served.
void fuzz_http(std::string_view input) {
  static const auto* port = new Port;
  const std::string answer = port->ask(input, kMomentMs);
  MILLRACE_CHECK(answer.empty() || answer.starts_with("HTTP/1."));
  const std::string next = port->ask(kGoodRequest, kNever);
  MILLRACE_CHECK(next.starts_with("HTTP/1.1 200") && next.ends_with(kExposition));
}

}  // namespace millrace::fuzz
