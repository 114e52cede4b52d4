#include "app/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "app/log.h"
#include "core/bytes.h"

namespace millrace {
namespace {

constexpr int kPollMilliseconds = 200;
constexpr time_t kRequestSeconds = 5;
constexpr std::size_t kMessageBytesMax = 64 << 10;
constexpr std::uint8_t kDone = 0;  // otherwise the error's code, counted from 1

std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

// A descriptor that is closed with it.
class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// The socket's address by way of an open directory: a state directory's own path may be longer than an address.
struct Address {
  explicit Address(const std::string& directory) : folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    address.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder.number()) + "/" + kControlSocket;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  }
  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&address); }
  File folder;
  sockaddr_un address{};
};

void limit_waiting(int socket, time_t seconds) {
  const timeval limit{seconds, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Up to the end that the other side sets by shutting down its half.
std::optional<std::string> receive_all(int socket) {
  std::string bytes;
  char buffer[4096];
  while (bytes.size() <= kMessageBytesMax) {
    const ssize_t size = ::recv(socket, buffer, sizeof buffer, 0);
    if (size < 0) return std::nullopt;
    if (size == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(size));
  }
  return std::nullopt;
}

std::string encode_request(const std::vector<std::string>& words) {
  ByteWriter out;
  out.varint(words.size());
  for (const std::string& word : words) out.string(word);
  return out.take();
}

std::optional<std::vector<std::string>> decode_request(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<std::string> words;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) words.emplace_back(in.string());
  if (!in.done()) return std::nullopt;
  return words;
}

std::string encode_answer(const Result<std::string>& answer) {
  ByteWriter out;
  out.u8(answer.ok() ? kDone : static_cast<std::uint8_t>(1 + static_cast<int>(answer.error().code)));
  out.string(answer.ok() ? *answer : answer.error().message);
  return out.take();
}

Error no_answer(const std::string& directory, const std::string& why) {
  return stop_error(ErrorCode::kUnavailable,
                    "asking the service that uses " + directory + ": " + why + "; look at its log, and ask again");
}

Result<std::string> decode_answer(std::string_view bytes, const std::string& directory) {
  ByteReader in(bytes);
  const std::uint8_t code = in.u8();
  std::string text(in.string());
  if (!in.done()) return no_answer(directory, "it ended before it answered");
  if (code == kDone) return text;
  return stop_error(static_cast<ErrorCode>(code - 1), std::move(text));
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::string& directory, Handler handler) {
  const std::string action = "opening the control socket in " + directory;
  const Address address(directory);
  File socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::unlinkat(address.folder.number(), kControlSocket, 0);
  // Nobody can connect before listen(), so the permissions are in place in time.
  const bool listening =
      socket.number() >= 0 && ::bind(socket.number(), address.pointer(), sizeof address.address) == 0 &&
      ::fchmodat(address.folder.number(), kControlSocket, 0600, 0) == 0 && ::listen(socket.number(), 4) == 0;
  if (!listening) return stop_error(ErrorCode::kIo, action + ": " + reason());
  return std::unique_ptr<ControlServer>(new ControlServer(directory, socket.release(), std::move(handler)));
}

ControlServer::ControlServer(std::string directory, int socket, Handler handler)
    : directory_(std::move(directory)), socket_(socket), handler_(std::move(handler)), thread_([this] { serve(); }) {}

ControlServer::~ControlServer() {
  ending_ = true;
  thread_.join();
  ::close(socket_);
  ::unlink((directory_ + "/" + kControlSocket).c_str());
}

void ControlServer::serve() {
  while (!ending_) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const File connection(::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.number() >= 0) answer(connection.number());
  }
}

void ControlServer::answer(int connection) {
  limit_waiting(connection, kRequestSeconds);
  const auto bytes = receive_all(connection);
  const auto words = bytes ? decode_request(*bytes) : std::nullopt;
  if (!words || words->empty()) return;
  log_info("a request came by the control socket", {{"request", words->front()}});
  const Result<std::string> result = handler_(*words, [this] { return !ending_; });
  if (result.ok()) {
    log_info("the request is done", {{"request", words->front()}, {"result", *result}});
  } else {
    log_warn("the request failed", {{"request", words->front()}, {"error", result.error().message}});
  }
  send_all(connection, encode_answer(result));
}

Result<std::optional<std::string>> ask_service(const std::string& directory, const std::vector<std::string>& words) {
  const Address address(directory);
  const File socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (address.folder.number() < 0 || socket.number() < 0) return std::optional<std::string>();
  if (::connect(socket.number(), address.pointer(), sizeof address.address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::optional<std::string>();
    return no_answer(directory, reason());
  }
  if (!send_all(socket.number(), encode_request(words)) || ::shutdown(socket.number(), SHUT_WR) != 0) {
    return no_answer(directory, reason());
  }
  const auto bytes = receive_all(socket.number());
  if (!bytes) return no_answer(directory, reason());
  MILLRACE_ASSIGN_OR_RETURN(std::string answer, decode_answer(*bytes, directory));
  return std::optional<std::string>(std::move(answer));
}

}  // namespace millrace
