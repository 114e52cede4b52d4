// A TCP proxy on loopback that hands every byte on after a delay: a broker that is far away or overloaded. Threads of
// its own, ended by the destructor.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace::testing {

class SlowProxy {
 public:
  // Listens on `port` and connects to `target`, both on 127.0.0.1.
  SlowProxy(int port, int target);
  ~SlowProxy();
  SlowProxy(const SlowProxy&) = delete;
  SlowProxy& operator=(const SlowProxy&) = delete;

  // Of every piece of data, in either direction, from now on.
  void delay(std::chrono::milliseconds delay) { delay_ms_ = delay.count(); }

 private:
  void accept_until_stopped(int target);
  void pump(int from, int to);

  std::atomic<std::int64_t> delay_ms_ = 0;
  std::atomic<bool> stopping_ = false;
  int listener_ = -1;
  std::vector<std::jthread> pumps_;
  std::vector<int> sockets_;
  std::jthread acceptor_;
};

}  // namespace millrace::testing
