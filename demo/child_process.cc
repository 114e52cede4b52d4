#include "demo/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "core/check.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollInterval{10};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : options.environment) replaced |= text.starts_with(std::string(name).append("="));
    if (!replaced) result.push_back(text);
  }
  for (const auto& [name, value] : options.environment) result.push_back(std::string(name).append("=").append(value));
  return result;
}

// Between fork and exec: only calls that are safe there. Reports a failed exec through `failure`.
[[noreturn]] void become(char* const* arguments, char* const* environment, int log, int failure, int orphan_signal,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, orphan_signal);
  if (::getppid() != parent) ::_exit(127);  // orphaned before prctl took effect
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(arguments[0], arguments, environment);
  const int error = errno;
  static_cast<void>(!::write(failure, &error, sizeof error));
  ::_exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options) {
  MILLRACE_CHECK(!options.command.empty());
  std::vector<std::string> command = options.command;
  std::vector<std::string> environment = merged_environment(options);
  const std::vector<char*> argument_pointers = pointers(command);
  const std::vector<char*> environment_pointers = pointers(environment);
  const int log = ::open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return stop_error(ErrorCode::kIo, "cannot open the log " + options.log.string() + ": " + std::strerror(errno));
  }
  int report[2];
  MILLRACE_CHECK(::pipe2(report, O_CLOEXEC) == 0);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    become(argument_pointers.data(), environment_pointers.data(), log, report[1], options.signal_when_orphaned, parent);
  }
  ::close(report[1]);
  ::close(log);
  int error = child < 0 ? errno : 0;
  if (child > 0) static_cast<void>(!::read(report[0], &error, sizeof error));
  ::close(report[0]);
  if (error == 0) return ChildProcess(child);
  if (child > 0) ::waitpid(child, nullptr, 0);
  return stop_error(ErrorCode::kNotFound, "cannot start " + command.front() + ": " + std::strerror(error));
}

ChildProcess::~ChildProcess() {
  if (process_ > 0 && running()) end(SIGKILL, milliseconds{5000});
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)), exit_code_(std::exchange(other.exit_code_, std::nullopt)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

void ChildProcess::collect(int options) {
  int status = 0;
  if (exit_code_ || process_ <= 0) return;
  if (::waitpid(process_, &status, options) != process_) return;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool ChildProcess::running() {
  collect(WNOHANG);
  return process_ > 0 && !exit_code_;
}

void ChildProcess::signal(int number) {
  if (running()) ::kill(process_, number);
}

std::optional<int> ChildProcess::wait(milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (running() && steady_clock::now() < deadline) std::this_thread::sleep_for(kPollInterval);
  return exit_code_;
}

int ChildProcess::end(int number, milliseconds patience) {
  signal(number);
  if (const auto code = wait(patience)) return *code;
  signal(SIGKILL);
  collect(0);
  return exit_code_.value_or(0);
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  MILLRACE_CHECK(::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

TemporaryFolder::TemporaryFolder(const std::string& stem) {
  std::string name = (std::filesystem::temp_directory_path() / (stem + "-XXXXXX")).string();
  MILLRACE_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!keep_) std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string tail(const std::filesystem::path& path, std::size_t lines) {
  const std::string text = read_file(path);
  std::size_t from = text.size();
  for (std::size_t seen = 0; from > 0 && seen <= lines; --from) seen += text[from - 1] == '\n' ? 1U : 0U;
  return text.substr(from == 0 ? 0 : from + 1);
}

}  // namespace millrace
