#include "demo/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "demo/child_process.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Reading reading_at(double seconds, std::uint64_t settled) {
  Reading reading;
  reading.seconds = seconds;
  reading.settled = settled;
  reading.produced = settled + 7;
  reading.recall = 0.25;
  reading.popularity_recall = 0.125;
  reading.freshness = {{0.1, static_cast<double>(settled)}, {0.2, static_cast<double>(settled)}};
  return reading;
}

TEST(Recording, WritesALineForEveryMomentThatIsDueAndDrawsThem) {
  const TemporaryFolder folder("millrace-recording");
  const auto state = folder.path() / "state";
  std::filesystem::create_directories(state);
  std::ofstream(state / "000001.sst") << std::string(3 << 20, 'x');
  const Samples samples =
      Samples::parse("millrace_process_resident_memory_bytes 52428800\nmillrace_evicted_users_total 4\n");
  auto recording = Recording::open(folder.path() / "out", state, 1'800.0);
  ASSERT_TRUE(recording.ok()) << recording.error().message;
  recording->observe(reading_at(1.0, 100), samples);  // not due: a moment is two seconds
  recording->observe(reading_at(2.0, 1'000), samples);
  recording->observe(reading_at(4.0, 2'000), samples);
  ASSERT_TRUE(recording->draw().ok());
  EXPECT_EQ(text_of(folder.path() / "out" / "soak.csv"),
            "seconds,records,records_per_second,lag,resident_mib,disk_mib,freshness_p50_ms,freshness_p99_ms,recall,"
            "popularity_recall,users_evicted\n"
            "2,1000,500,7,50,3,50,99,0.25,0.125,4\n"
            "4,2000,500,7,50,3,50,99,0.25,0.125,4\n");
  const std::string picture = text_of(folder.path() / "out" / "soak.svg");
  EXPECT_THAT(picture, AllOf(StartsWith("<svg "), HasSubstr("resident memory, MiB"), HasSubstr("state directory, MiB"),
                             HasSubstr("freshness, ms"), HasSubstr("recall@k"), testing::EndsWith("</svg>\n")));
}

TEST(Recording, ADeadMomentLeavesAGapAndNothingIsStillAPicture) {
  EXPECT_THAT(draw_moments({}), AllOf(StartsWith("<svg "), testing::EndsWith("</svg>\n")));
  std::vector<RecordedMoment> moments(3);
  for (std::size_t i = 0; i < 3; ++i) {
    moments[i].seconds = 10.0 * static_cast<double>(i + 1);
    moments[i].freshness_p50_ms = i == 1 ? 0.0 : 20.0;
  }
  const std::string picture = draw_moments(moments);
  EXPECT_THAT(picture, testing::Not(HasSubstr("nan")));
  EXPECT_THAT(picture, testing::Not(HasSubstr("inf")));
}

TEST(Recording, AFolderThatCannotBeWrittenIsNamed) {
  const auto recording = Recording::open("/proc/nowhere", "/proc", 10.0);
  ASSERT_FALSE(recording.ok());
  EXPECT_THAT(recording.error().message, HasSubstr("/proc/nowhere"));
}

}  // namespace
}  // namespace millrace
