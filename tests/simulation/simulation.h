// A whole life story of the service out of one seed: topics, a stream, and lives of the process that end by a crash, an
// error or a signal, until a last, quiet one reads to the end. The same seed is the same story, instruction by
// instruction.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/failpoint.h"

namespace millrace::testing {

struct SimulationReport {
  std::uint64_t seed = 0;
  std::vector<std::string> findings;  // empty: every invariant held after every life
  std::uint64_t records = 0;
  std::uint64_t steps = 0;  // committed, of the last store
  std::uint64_t lives = 0;
  std::uint64_t crashes = 0;
  std::uint64_t errors = 0;  // handed to the service
  std::uint64_t rebalances = 0;
  std::uint64_t rewinds = 0;                         // of the store, after a life
  std::uint64_t losses = 0;                          // of the whole store
  std::array<std::uint64_t, kFailpoints> crashed{};  // at each failpoint
};

// `logged`: the service says on stderr what it does.
SimulationReport simulate_service(std::uint64_t seed, bool logged = false);

// "seed 7: finding; finding — replay: …"
std::string describe(const SimulationReport& report);

}  // namespace millrace::testing
