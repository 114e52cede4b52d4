#include "tests/flood/flood.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/temporary_directory.h"

// Freed memory that the address sanitizer holds back, 256 MB unless it is told otherwise, counts as resident.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=16"; }

namespace millrace::testing {
namespace {

// ./dev soak --flood does the same with a hundred times as many.
TEST(Flood, StaysWithinTheBoundsAndTakesNothingFromTheRegulars) {
  const TemporaryDirectory directory;
  FloodOptions options;
  options.directory = directory.string();
  const auto report = run_flood(options, [](const FloodMoment&) {});
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_THAT(report->findings, ::testing::IsEmpty());
  EXPECT_EQ(report->regulars, 500U);
  ASSERT_GT(report->moments.size(), 40U);
  const FloodMoment& half = report->moments[report->moments.size() / 2];
  const FloodMoment& end = report->moments.back();
  EXPECT_GT(half.users_gone, 0U);
  EXPECT_GT(half.unknown_item_events, 0U);
  EXPECT_LT(end.resident_bytes, half.resident_bytes + (32U << 20));
}

}  // namespace
}  // namespace millrace::testing
