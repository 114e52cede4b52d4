// Tasks shared out among threads that live as long as their owner, and working memory that each of them has for itself.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

inline constexpr std::size_t kMostLanes = 8;

// The calling thread's place among those that work together: below kMostLanes, 0 outside of Workers.
std::size_t lane();

// What is written while others only read: a T for each lane.
template <class T>
class PerLane {
 public:
  T& mine() { return lanes_[lane()]; }
  const T& mine() const { return lanes_[lane()]; }
  std::array<T, kMostLanes>& all() { return lanes_; }
  const std::array<T, kMostLanes>& all() const { return lanes_; }

 private:
  std::array<T, kMostLanes> lanes_;
};

class Workers {
 public:
  // `threads` of them work together, the caller counted; clamped to 1 … kMostLanes.
  explicit Workers(std::size_t threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs each of 0 … tasks - 1 once, in no particular order, and returns when all are done. `task` must not throw and
  // must not call this. One thread at a time calls it.
  void run(std::size_t tasks, const std::function<void(std::size_t task)>& task);

 private:
  void serve(std::size_t lane);
  void take_tasks();

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  const std::function<void(std::size_t)>* task_ = nullptr;
  std::size_t tasks_ = 0;
  std::size_t next_ = 0;
  std::size_t unfinished_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
