// The naive books behind the oracle: outcomes of a partition's records, and users and items by plain sums over the
// applied ones.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "tests/simulation/stream.h"

namespace millrace::testing {

// What becomes of the first `count` records of a partition.
struct PartitionAccount {
  std::vector<Outcome> outcomes;  // by offset
  std::array<std::uint64_t, kOutcomes> counts{};
  std::int64_t newest = 0;
  std::vector<std::string> ids;  // of applied events, oldest first, all of them
};
PartitionAccount account_of(std::span<const Told> told, std::size_t count, const IngestOptions& options);

struct SeenAccount {
  std::uint32_t count = 0;
  std::int64_t last = 0;
  float units = 0.0F;
};

struct UserAccount {
  std::vector<Told> history;  // by time, equal times in order of application; all of them
  std::map<std::string, SeenAccount> seen;
  std::map<std::string, double> counters;  // by kind, as of the newest event
  std::int64_t first = 0;
  std::int64_t last = 0;
  double rating_sum = 0.0;
  std::uint32_t ratings = 0;
  std::uint64_t last_step = 0;      // that touched the user
  std::int64_t newest_in_step = 0;  // event time of the newest event of that step
  bool touched = false;

  // `index_of`: of items, which decides who leaves where all were touched at the same time.
  void apply(const Told& told, const Config& config, const std::map<std::string, std::uint64_t>& index_of);
};

struct ItemAccount {
  std::uint64_t interactions = 0;
  std::uint64_t clicks = 0;
  std::uint64_t purchases = 0;
  std::uint64_t ratings = 0;
  double rating_sum = 0.0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool touched = false;

  void apply(const Told& told);
};

}  // namespace millrace::testing
