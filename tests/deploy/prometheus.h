// Debian's Prometheus, started on a free port to read one target, asked over its HTTP API.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "demo/child_process.h"

namespace millrace {

struct QueryAnswer {
  std::string error;  // empty: Prometheus understood the query
  std::size_t series = 0;
  bool finite = false;  // some series has a finite value
};

struct RuleState {
  std::string name;
  std::string query;
  std::string health;  // ok, err, unknown: not yet evaluated
  std::string error;
};

class PrometheusServer {
 public:
  static bool installed();
  // Reads `target_port` of this machine every second as job millrace, and evaluates deploy/prometheus/alerts.yml as
  // often.
  PrometheusServer(const std::filesystem::path& folder, int target_port);

  bool ready() const;
  QueryAnswer query(const std::string& expression) const;
  std::vector<RuleState> rules() const;
  std::string log() const;

 private:
  std::filesystem::path folder_;
  int port_;
  Result<ChildProcess> process_;
};

}  // namespace millrace
