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

// As many threads as configured; 0: as many as there are processors, at most four.
std::size_t thread_count(std::size_t configured);

// The calling thread's place among those that work together: below kMostLanes, 0 outside of Workers.
std::size_t lane();

// What is written while others only read: a T for each lane. For one Workers at a time, because lane 0 is every thread
// outside.
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

// By `workers`, or one after the other where there are none.
inline void run_tasks(Workers* workers, std::size_t tasks, const std::function<void(std::size_t task)>& task) {
  if (workers != nullptr) return workers->run(tasks, task);
  for (std::size_t i = 0; i < tasks; ++i) task(i);
}

}  // namespace millrace
