// Requests from the command line to a running service, over a socket in its state directory: whoever may write there
// may ask. One request at a time: words, answered by a line or an error when it is done.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.h"

namespace millrace {

inline constexpr const char* kControlSocket = "control";

class ControlServer {
 public:
  // Called on the server's thread. `proceed` is false once the server is being destroyed.
  using Handler =
      std::function<Result<std::string>(const std::vector<std::string>& words, const std::function<bool()>& proceed)>;
  // Takes the place of a socket that a former process left. The caller holds the directory's lock, and must hold it for
  // as long as the server lives.
  static Result<std::unique_ptr<ControlServer>> start(const std::string& directory, Handler handler);
  // Waits for the request at hand, whose `proceed` turns false.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  ControlServer(std::string directory, int socket, Handler handler);
  void serve();
  void answer(int connection);

  std::string directory_;
  int socket_;
  Handler handler_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

// The service's answer, or its error; nullopt where no service listens. kUnavailable where it ended before it answered.
Result<std::optional<std::string>> ask_service(const std::string& directory, const std::vector<std::string>& words);

}  // namespace millrace
