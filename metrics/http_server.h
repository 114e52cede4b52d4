// The service's one port: /metrics, /livez, /readyz and a small page at /. The boundary to cpp-httplib. Read only;
// bound to loopback unless told otherwise. Runs on its own few threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/result.h"
#include "metrics/health.h"

namespace millrace {

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9464;  // 0: any free one
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;  // stops answering, joins the threads
  virtual std::uint16_t port() const = 0;
};

// `metrics` gives the exposition, on the server's threads; it and `health` must outlive the result.
// Error: kUnavailable where the address cannot be bound.
Result<std::unique_ptr<HttpServer>> start_http_server(const HttpOptions& options, std::function<std::string()> metrics,
                                                      const Health& health);

}  // namespace millrace
