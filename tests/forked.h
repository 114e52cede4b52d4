// A process that a test forks from itself, and a line between the two. Fork before the test begins threads, those of an
// opened store among them: the child has none of them, and the thread sanitizer follows no such child.
#pragma once

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <optional>

#include "core/check.h"

namespace millrace::testing {

// One end of the line.
class LineEnd {
 public:
  explicit LineEnd(int socket) : socket_(socket) {}
  LineEnd(const LineEnd&) = delete;
  LineEnd& operator=(const LineEnd&) = delete;
  ~LineEnd() { close(socket_); }

  bool tell(char word) const { return write(socket_, &word, 1) == 1; }
  // What the other end told; nullopt once it is gone.
  std::optional<char> hear() const {
    char word = 0;
    return read(socket_, &word, 1) == 1 ? std::optional(word) : std::nullopt;
  }

 private:
  int socket_;
};

class Forked {
 public:
  // What `work` returns is the exit status. The child ends without a destructor, and when the test does.
  explicit Forked(const std::function<int(const LineEnd&)>& work) : sockets_(line()), pid_(fork()), end_(own_end()) {
    MILLRACE_CHECK(pid_ >= 0);  // -1 would be everybody to kill()
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(work(end_));
  }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;
  ~Forked() {
    if (waited_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  const LineEnd& line_end() const { return end_; }
  // The exit status; -1 where a signal ended it.
  int wait() {
    int outcome = 0;
    waited_ = waitpid(pid_, &outcome, 0) == pid_;
    return waited_ && WIFEXITED(outcome) ? WEXITSTATUS(outcome) : -1;
  }

 private:
  static std::array<int, 2> line() {
    std::array<int, 2> sockets{-1, -1};
    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data());
    return sockets;
  }
  int own_end() const {
    close(sockets_[pid_ == 0 ? 0 : 1]);
    return sockets_[pid_ == 0 ? 1 : 0];
  }

  std::array<int, 2> sockets_;
  pid_t pid_;
  LineEnd end_;
  bool waited_ = false;
};

}  // namespace millrace::testing
