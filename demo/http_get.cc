#include <httplib.h>

#include "demo/samples.h"

namespace millrace {

Result<std::string> http_get(int port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  client.set_connection_timeout(2);
  client.set_read_timeout(2);
  const auto answer = client.Get(path);
  const std::string what = "reading http://127.0.0.1:" + std::to_string(port) + path;
  if (!answer)
    return Error{ErrorCode::kUnavailable, Disposition::kRetry, what + ": " + httplib::to_string(answer.error())};
  if (answer->status != 200) {
    return Error{ErrorCode::kUnavailable, Disposition::kRetry, what + ": status " + std::to_string(answer->status)};
  }
  return answer->body;
}

}  // namespace millrace
