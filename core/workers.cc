#include "core/workers.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr std::size_t kMostByDefault = 4;

thread_local std::size_t this_lane = 0;

}  // namespace

std::size_t thread_count(std::size_t configured) {
  return configured > 0 ? configured : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostByDefault);
}

std::size_t lane() { return this_lane; }

Workers::Workers(std::size_t threads) {
  threads = std::clamp<std::size_t>(threads, 1, kMostLanes);
  for (std::size_t i = 1; i < threads; ++i) threads_.emplace_back([this, i] { serve(i); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::run(std::size_t tasks, const std::function<void(std::size_t task)>& task) {
  if (tasks <= 1 || threads_.empty()) {
    for (std::size_t i = 0; i < tasks; ++i) task(i);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    tasks_ = unfinished_ = tasks;
    next_ = 0;
  }
  work_.notify_all();
  take_tasks();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return unfinished_ == 0; });
  task_ = nullptr;
}

void Workers::serve(std::size_t lane) {
  this_lane = lane;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return stop_ || (task_ != nullptr && next_ < tasks_); });
      if (stop_) return;
    }
    take_tasks();
  }
}

void Workers::take_tasks() {
  std::unique_lock lock(mutex_);
  while (task_ != nullptr && next_ < tasks_) {
    const std::size_t mine = next_++;
    const std::function<void(std::size_t)>& task = *task_;
    lock.unlock();
    task(mine);
    lock.lock();
    if (--unfinished_ == 0) done_.notify_all();
  }
}

}  // namespace millrace
