// What the operating system says of this process. Linux.
#pragma once

#include <cstdint>

namespace millrace {

struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  double processor_seconds = 0.0;  // user and system
  std::uint64_t open_files = 0;
  double start_seconds = 0.0;  // since the Unix epoch
};

// What cannot be read stays 0.
ProcessUsage measure_process();

}  // namespace millrace
