#include "core/aside.h"

#include <utility>

#include "core/check.h"

namespace millrace {

Aside::Aside() : thread_([this] { serve(); }) {}

Aside::~Aside() {
  wait();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Aside::start(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    MILLRACE_CHECK(!task_);
    task_ = std::move(task);
  }
  changed_.notify_all();
}

void Aside::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !task_; });
}

void Aside::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || task_; });
    if (stop_) return;
    lock.unlock();
    task_();
    lock.lock();
    task_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace millrace
