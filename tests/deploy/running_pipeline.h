// A running pipeline for Prometheus to read: an embedded broker, the service as shipped, and a feeder with the
// simulator's clicks, purchases and ratings, broken, late and duplicate records included. Each is a process of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace millrace {

class RunningPipeline {
 public:
  // Logs and state go to `folder`. Throws, with the end of a log, where something does not start.
  explicit RunningPipeline(const std::filesystem::path& folder);
  ~RunningPipeline();
  int metrics_port() const;
  std::string logs() const;  // the end of each, for messages

 private:
  struct Processes;
  std::filesystem::path folder_;
  std::unique_ptr<Processes> processes_;
};

}  // namespace millrace
