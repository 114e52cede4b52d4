#include "core/failpoint.h"

#include <gtest/gtest.h>

#include <vector>

namespace millrace {
namespace {

// Through which of `count` visits of one failpoint a schedule lets the process live; its death is tried in a child.
void reach_all(const FailpointHandler& handler, Failpoint failpoint, int count) {
  for (int i = 0; i < count; ++i) handler(failpoint);
  std::exit(0);
}

TEST(FailpointSchedule, EndsTheProcessAsAKillDoes) {
  const FailpointHandler handler = parse_failpoint_schedule("7:5");
  EXPECT_EXIT(reach_all(handler, Failpoint::kCommitted, 1'000), ::testing::ExitedWithCode(137), "");
}

TEST(FailpointSchedule, SparesOtherFailpointsThanTheNamedOne) {
  const FailpointHandler handler = parse_failpoint_schedule("7:5:produced");
  EXPECT_EXIT(reach_all(handler, Failpoint::kCommitted, 1'000), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(reach_all(handler, Failpoint::kProduced, 1'000), ::testing::ExitedWithCode(137), "");
}

TEST(FailpointSchedule, IsRefusedWhereItMakesNoSense) {
  EXPECT_FALSE(parse_failpoint_schedule(""));
  for (const char* schedule : {"7", "x:5", "7:0", "7:5:nowhere"}) {
    EXPECT_EXIT(parse_failpoint_schedule(schedule), ::testing::ExitedWithCode(2), "SEED:ONE_IN") << schedule;
  }
}

TEST(Failpoints, ReachTheHandlerThatIsSet) {
  std::vector<Failpoint> reached;
  set_failpoint_handler([&](Failpoint failpoint) { reached.push_back(failpoint); });
  reach_failpoint(Failpoint::kPolled);
  set_failpoint_handler({});
  reach_failpoint(Failpoint::kDecoded);
  EXPECT_EQ(reached, std::vector{Failpoint::kPolled});
}

TEST(Failpoints, AreNothingWithoutTheirDefinition) {
#ifndef MILLRACE_FAILPOINTS
  set_failpoint_handler([](Failpoint) { FAIL() << "compiled in"; });
  MILLRACE_FAILPOINT(kPolled);
  set_failpoint_handler({});
#endif
}

}  // namespace
}  // namespace millrace
