// The demo as a whole: starts a broker and the service as processes of their own, feeds a stream, audits
// everything that comes out, shows progress, and checks the books. Runs on the calling thread, with a thread each for
// feeding and auditing.
#pragma once

#include <cstdint>
#include <filesystem>

#include "demo/open_source.h"

namespace millrace {

struct DemoOptions {
  SourceOptions source;
  std::filesystem::path self;        // this program
  std::filesystem::path millrace;    // the service's program
  std::filesystem::path kafka_jars;  // of Apache Kafka; empty: the broker is embedded
  std::filesystem::path folder;      // for state, configuration and logs; empty: a temporary one
  int metrics_port = 0;              // 0: any free one
  std::uint64_t rate_max = 0;        // records a second; 0: as fast as they are taken
  std::filesystem::path record;      // where the run is recorded over time; empty: nowhere
  bool keep = false;                 // leave everything running at the end, until interrupted
};

// 0: the books balance. 1: they do not, or something failed. 130: interrupted.
int run_demo(const DemoOptions& options);

}  // namespace millrace
