// Work beside the caller's: one task at a time, in a thread that lives as long as its owner, for what a thread keeps
// (the primitives of oneDNN) is dear.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace millrace {

class Aside {
 public:
  Aside();
  ~Aside();  // waits
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  // `task` must not throw. The one before must have been waited for.
  void start(std::function<void()> task);
  // Until it is done; at once where none was started. What it wrote is then seen by the caller.
  void wait();

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;  // empty: none to do
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace millrace
