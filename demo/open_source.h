// Which stream the demo shows: the one place that knows both kinds of source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/result.h"
#include "demo/event_source.h"

namespace millrace {

struct SourceOptions {
  bool simulate = false;
  std::filesystem::path data = "build/data/demo/online-retail.csv";
  std::uint64_t events = 0;  // 0: all of the file, the simulator's default
  std::uint64_t seed = 1;    // of the simulator
};

Result<std::unique_ptr<EventSource>> open_source(const SourceOptions& options);

}  // namespace millrace
