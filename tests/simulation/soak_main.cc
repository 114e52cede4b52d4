// Many seeds of the simulation, with progress; ./dev soak --simulation starts it.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/simulation/simulation.h"

namespace millrace::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Sum {
  std::uint64_t seeds = 0, records = 0, steps = 0, lives = 0, crashes = 0, errors = 0, rebalances = 0, rewinds = 0,
                losses = 0;
  std::array<std::uint64_t, kFailpoints> crashed{};
  std::vector<std::uint64_t> failing;

  void add(const SimulationReport& report) {
    ++seeds;
    records += report.records;
    steps += report.steps;
    lives += report.lives;
    crashes += report.crashes;
    errors += report.errors;
    rebalances += report.rebalances;
    rewinds += report.rewinds;
    losses += report.losses;
    for (std::size_t i = 0; i < kFailpoints; ++i) crashed[i] += report.crashed[i];
    if (!report.findings.empty()) failing.push_back(report.seed);
  }
};

std::string text(std::uint64_t number) { return std::to_string(number); }

void print(const Sum& sum, double seconds) {
  std::printf(
      "%s seeds in %.1f s: %s records, %s steps, %s lives; %s crashes, %s errors, %s rebalances, %s rewound and %s "
      "lost stores\n",
      text(sum.seeds).c_str(), seconds, text(sum.records).c_str(), text(sum.steps).c_str(), text(sum.lives).c_str(),
      text(sum.crashes).c_str(), text(sum.errors).c_str(), text(sum.rebalances).c_str(), text(sum.rewinds).c_str(),
      text(sum.losses).c_str());
  std::printf("crashes at failpoints:");
  for (std::size_t i = 0; i < kFailpoints; ++i) {
    std::printf(" %s %s", std::string(failpoint_name(Failpoint{static_cast<std::uint8_t>(i)})).c_str(),
                text(sum.crashed[i]).c_str());
  }
  std::printf("\n");
}

int soak(std::uint64_t first, std::uint64_t seeds, bool logged) {
  const auto begin = SteadyClock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(SteadyClock::now() - begin).count(); };
  double reported = 0.0;
  Sum sum;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const SimulationReport report = simulate_service(seed, logged);
    sum.add(report);
    if (!report.findings.empty()) std::printf("%s\n", describe(report).c_str());
    if (seconds() - reported < 10.0) continue;
    reported = seconds();
    std::printf("%8.0f s  seed %s, %zu failed\n", reported, text(seed).c_str(), sum.failing.size());
    std::fflush(stdout);
  }
  print(sum, seconds());
  if (sum.failing.empty()) return 0;
  std::printf("failing seeds:");
  for (const std::uint64_t seed : sum.failing) std::printf(" %s", text(seed).c_str());
  std::printf("\n");
  return 1;
}

}  // namespace
}  // namespace millrace::testing

int main(int argc, char** argv) {
  CLI::App app{"Simulates the service under crashes, errors, rebalances and damage, seed by seed"};
  std::uint64_t seeds = 1'000;
  std::uint64_t first = 1;
  app.add_option("--seeds", seeds, "how many")->capture_default_str();
  app.add_option("--first-seed", first, "the first of them")->capture_default_str();
  bool logged = false;
  app.add_flag("--log", logged, "show the service's log lines");
  CLI11_PARSE(app, argc, argv);
  return millrace::testing::soak(first, seeds, logged);
}
