#include "tests/simulation/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::testing {
namespace {

constexpr std::uint64_t kSeeds = 50;  // a test

class Lives : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(Lives, LeaveWhatAnUninterruptedRunWouldHaveLeft) {
  SimulationReport sum;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    const SimulationReport report = simulate_service(seed);
    EXPECT_THAT(report.findings, ::testing::IsEmpty()) << describe(report);
    sum.records += report.records;
    sum.crashes += report.crashes;
    sum.rebalances += report.rebalances;
    sum.rewinds += report.rewinds;
    sum.losses += report.losses;
  }
  EXPECT_GT(sum.records, 20 * kSeeds);
  EXPECT_GT(sum.crashes, kSeeds);
  EXPECT_GT(sum.rebalances, kSeeds);
  EXPECT_GT(sum.rewinds, 5U);
  EXPECT_GT(sum.losses, 0U);
}
INSTANTIATE_TEST_SUITE_P(FromSeed, Lives, ::testing::Values(1, 51, 101, 151, 201, 251, 301, 351),
                         ::testing::PrintToStringParamName());

TEST(Simulation, TheSameSeedIsTheSameStory) {
  const SimulationReport once = simulate_service(12);
  const SimulationReport again = simulate_service(12);
  EXPECT_EQ(once.records, again.records);
  EXPECT_EQ(once.steps, again.steps);
  EXPECT_EQ(once.lives, again.lives);
  EXPECT_EQ(once.crashes, again.crashes);
  EXPECT_EQ(once.errors, again.errors);
  EXPECT_EQ(once.rebalances, again.rebalances);
  EXPECT_EQ(once.crashed, again.crashed);
}

}  // namespace
}  // namespace millrace::testing
