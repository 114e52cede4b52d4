#include "tests/integration/slow_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace millrace::testing {
namespace {

constexpr int kLookMs = 100;  // at whether it is to stop

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool readable(int socket) {
  pollfd entry{socket, POLLIN, 0};
  return ::poll(&entry, 1, kLookMs) > 0;
}

}  // namespace

SlowProxy::SlowProxy(int port, int target) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener_, 64), 0);
  acceptor_ = std::jthread([this, target] { accept_until_stopped(target); });
}

SlowProxy::~SlowProxy() {
  stopping_ = true;
  acceptor_.join();
  pumps_.clear();  // joins them
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

void SlowProxy::accept_until_stopped(int target) {
  while (!stopping_) {
    if (!readable(listener_)) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockets_.insert(sockets_.end(), {client, server});
    const sockaddr_in address = loopback(target);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::shutdown(client, SHUT_RDWR);
      continue;
    }
    pumps_.emplace_back([this, client, server] { pump(client, server); });
    pumps_.emplace_back([this, client, server] { pump(server, client); });
  }
}

void SlowProxy::pump(int from, int to) {
  std::array<char, 64 << 10> bytes{};
  while (!stopping_) {
    if (!readable(from)) continue;
    const ssize_t count = ::read(from, bytes.data(), bytes.size());
    if (count <= 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms_});
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t now = ::send(to, bytes.data() + sent, static_cast<std::size_t>(count - sent), MSG_NOSIGNAL);
      if (now <= 0) break;
      sent += now;
    }
  }
  ::shutdown(from, SHUT_RDWR);
  ::shutdown(to, SHUT_RDWR);
}

}  // namespace millrace::testing
