// Programs started by the demo and by tests: their output goes to a file, and they die with whoever started them. One
// thread, which must outlive the process (the kernel ties the child to the starting thread).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace millrace {

struct ChildOptions {
  std::vector<std::string> command;                                   // program (looked for in PATH) and arguments
  std::filesystem::path log;                                          // standard output and error are appended to it
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  int signal_when_orphaned = 9;                                       // sent to the child when the starting thread ends
};

class ChildProcess {
 public:
  // kNotFound: the program could not be executed. The child gets a process group of its own, so that Ctrl-C at the
  // terminal reaches only us.
  static Result<ChildProcess> start(const ChildOptions& options);
  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  bool running();
  void signal(int number);
  // The exit code, 128 + signal for one that was killed; nothing if it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  // Signals, waits, and kills where `patience` did not suffice. Returns the exit code.
  int end(int number, std::chrono::milliseconds patience);
  pid_t id() const { return process_; }

 private:
  explicit ChildProcess(pid_t process) : process_(process) {}
  void collect(int options);

  pid_t process_ = -1;
  std::optional<int> exit_code_;
};

// A loopback port that is free now.
int free_port();

// A new folder under the temporary folder, removed with everything in it by the destructor unless kept.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& stem);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void keep() { keep_ = true; }

 private:
  std::filesystem::path path_;
  bool keep_ = false;
};

// The whole file; empty where it cannot be read.
std::string read_file(const std::filesystem::path& path);
// The last `lines` of a log, for messages.
std::string tail(const std::filesystem::path& path, std::size_t lines);

}  // namespace millrace
