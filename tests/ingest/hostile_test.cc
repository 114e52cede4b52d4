// What no honest producer sends: each has its outcome, a reason that says what to mend, and leaves no memory behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "tests/hostile_records.h"
#include "tests/ingest/ingest_fixture.h"

namespace millrace {
namespace {

using testing::hostile_records;
using testing::HostileRecord;

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// An ingest that has seen an event of the present, so that old ones are late.
TestIngest in_the_present() {
  TestIngest under_test;
  EXPECT_EQ(under_test.take_json(event_json("u", "i", kNow)).events.size(), 1U);
  return under_test;
}

TEST(HostileRecords, EachHasItsOutcomeReasonAndDetail) {
  TestIngest under_test = in_the_present();
  for (const HostileRecord& hostile : hostile_records(kNow.count)) {
    const Ingested result = under_test.take_json(hostile.value);
    ASSERT_EQ(result.counts.size(), 1U) << hostile.name;
    EXPECT_EQ(result.counts.begin()->first.outcome, hostile.outcome) << hostile.name;
    EXPECT_EQ(result.events.size(), hostile.outcome == Outcome::kApplied ? 1U : 0U) << hostile.name;
    if (hostile.outcome != Outcome::kDeadLetter) continue;
    ASSERT_EQ(result.dead_letters.size(), 1U) << hostile.name;
    EXPECT_EQ(result.dead_letters[0].reason, hostile.reason) << hostile.name;
    EXPECT_EQ(result.dead_letters[0].detail, hostile.detail) << hostile.name;
    EXPECT_EQ(result.dead_letters[0].record.value, hostile.value) << hostile.name;
  }
}

TEST(HostileRecords, LeaveNoMemoryBehind) {
  TestIngest under_test = in_the_present();
  const auto round = [&] {
    for (HostileRecord& hostile : hostile_records(kNow.count)) under_test.take_json(std::move(hostile.value));
  };
  round();
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < 40; ++i) round();  // 900 MB in all
  EXPECT_LT(resident_bytes() - before, 300 << 20);
}

}  // namespace
}  // namespace millrace
