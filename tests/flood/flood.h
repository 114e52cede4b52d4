// A flood of users and items that come once each, beside regulars who go on, through decoding, the step and its commits
// on RocksDB: what it takes in memory and on disk, who makes room, and whether the regulars lose anything.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.h"

namespace millrace::testing {

struct FloodOptions {
  std::string directory;                   // of the store
  std::uint64_t users = 100'000;           // that come once each
  std::uint64_t items = 10'000;            // that come once each, with as many of these users
  std::uint64_t max_users = 10'000;        // features.max_users, and the model's
  std::uint64_t max_items = 2'000;         // features.max_items
  std::uint64_t cache_bytes = 8ULL << 20;  // each of RocksDB's two and the features' two
};

struct FloodMoment {
  std::uint64_t users = 0;  // of the flood, so far
  double seconds = 0.0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t known_users = 0;
  std::uint64_t known_items = 0;
  std::uint64_t users_gone = 0;           // what millrace_evicted_users_total says
  std::uint64_t unknown_item_events = 0;  // what millrace_unknown_item_events_total says
};

struct FloodReport {
  std::vector<FloodMoment> moments;   // a hundred
  std::uint64_t regulars = 0;         // compared with a run without the flood
  std::vector<std::string> findings;  // what is not as it has to be
};

// Runs the stream with and without the flood and compares what is kept of the regulars. `progress` gets every moment.
Result<FloodReport> run_flood(const FloodOptions& options, const std::function<void(const FloodMoment&)>& progress);

}  // namespace millrace::testing
