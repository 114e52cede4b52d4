// What Prometheus reads in these tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace millrace {

class Target {
 public:
  virtual ~Target() = default;  // stops it
  virtual int port() const = 0;
  virtual std::string log() const = 0;  // what it says of itself, for messages
};

std::unique_ptr<Target> start_target(const std::filesystem::path& folder);

}  // namespace millrace
