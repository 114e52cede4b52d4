// The state damaged, rewound, lost and restored, with the difference read again from a real Kafka. The rows of "The
// state directory damaged" in docs/operations.md in which the topics take part.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/flip_byte.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DamagedStream : public StreamTest {
 protected:
  // The stream in parts that are fed one after another.
  bool prepare_parts(std::size_t parts) {
    if (!prepare()) return false;
    SimulatorOptions options;
    options.events = 1'000 * parts;
    options.users = 100;
    options.items = 80;
    source_ = simulate(options);
    for (std::size_t part = 0; part < parts; ++part) {
      const auto& all = source_->records();
      const auto at = [&](std::size_t index) {
        return all.begin() + static_cast<std::ptrdiff_t>(index * all.size() / parts);
      };
      parts_.push_back(std::make_unique<RecordedSource>(source_->items(), std::vector(at(part), at(part + 1))));
    }
    return true;
  }
  void feed_part(std::size_t part) { sent_ += total(feed(*parts_.at(part), part == 0)); }
  void run_until_settled() {
    start_service();
    ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  }
  fs::path state() const { return folder_.path() / "state"; }
  fs::path newest(const std::string& extension) const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(state())) {
      if (entry.path().extension() == extension && entry.path() > found) found = entry.path();
    }
    return found;
  }
  // Sockets cannot be copied, and need not be.
  static void copy_files(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
      if (entry.is_regular_file()) fs::copy_file(entry.path(), to / entry.path().filename());
    }
  }
  // Everything that was fed has its outcome once, and nobody was ever shown an older version.
  void expect_nothing_lost_or_doubled() {
    const auto store = open_store();
    EXPECT_EQ(settled_records(*store), sent_);
    expect_features_of(source_->records(), config(), *store);
    const auto auditor = audit();
    EXPECT_THAT(auditor->users_left_behind(), ::testing::IsEmpty());
    EXPECT_EQ(auditor->counts().backwards, 0U);
    EXPECT_EQ(auditor->counts().unreadable, 0U);
    EXPECT_EQ(run_command({"verify", "--brokers", "-q"}), 0) << tail(folder_.path() / "millrace.log", 40);
  }

  std::unique_ptr<RecordedSource> source_;
  std::vector<std::unique_ptr<RecordedSource>> parts_;
  std::uint64_t sent_ = 0;
};

void cut_half(const fs::path& log) { fs::resize_file(log, fs::file_size(log) / 2); }
void remove_file(const fs::path& log) { fs::remove(log); }

TEST_F(DamagedStream, ALogThatIsCutDamagedOrGoneIsMadeUpForFromTheTopics) {
  if (!prepare_parts(4)) GTEST_SKIP() << "no Apache Kafka here";
  feed_part(0);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  kill_service();
  std::size_t part = 1;
  for (void (*damage)(const fs::path&) : {cut_half, flip_middle, remove_file}) {
    feed_part(part++);
    ASSERT_NO_FATAL_FAILURE(run_until_settled());
    kill_service();
    fs::remove(folder_.path() / "millrace.log");
    damage(newest(".log"));
    ASSERT_NO_FATAL_FAILURE(run_until_settled());
    EXPECT_THAT(log(), HasSubstr("acknowledged commits are missing from the state"));
    EXPECT_GE(metrics().sum("millrace_rewinds_total"), 1.0);
    kill_service();
  }
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_ready());  // lists go out once partitions are assigned
  stop_service();
  expect_nothing_lost_or_doubled();
}

TEST_F(DamagedStream, AnOlderCopyPutBackIsMadeUpForFromTheTopics) {
  if (!prepare_parts(3)) GTEST_SKIP() << "no Apache Kafka here";
  feed_part(0);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  kill_service();
  copy_files(state(), folder_.path() / "copy");
  feed_part(1);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  stop_service();
  copy_files(folder_.path() / "copy", state());
  EXPECT_EQ(run_command({"verify", "--brokers", "-q"}), 0);
  EXPECT_THAT(log(), HasSubstr("records that the group counts as done would be read again"));
  feed_part(2);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  EXPECT_THAT(log(), HasSubstr("the state is a copy or a restored backup"));
  stop_service();
  expect_nothing_lost_or_doubled();
}

TEST_F(DamagedStream, ABackupTakenUnderLoadIsRestoredAfterALossAndTheRestReadAgain) {
  if (!prepare_parts(3)) GTEST_SKIP() << "no Apache Kafka here";
  const std::string backups = (folder_.path() / "backups").string();
  feed_part(0);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  feed_part(1);  // while it is worked on
  EXPECT_EQ(run_command({"backup", backups}), 0) << tail(folder_.path() / "millrace.log", 20);
  EXPECT_EQ(run_command({"backup", backups, "--keep", "1"}), 0);
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  EXPECT_EQ(run_command({"restore", backups, "--replace"}), 5) << "a service runs on it";
  kill_service();
  fs::remove_all(state());
  ASSERT_EQ(run_command({"restore", backups}), 0) << tail(folder_.path() / "millrace.log", 20);
  feed_part(2);
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  EXPECT_THAT(log(), HasSubstr("the state is a copy or a restored backup"));
  stop_service();
  expect_nothing_lost_or_doubled();
}

TEST_F(DamagedStream, AFullDiskEndsTheServiceAndTheNextStartGoesOn) {
  if (!prepare_parts(2)) GTEST_SKIP() << "no Apache Kafka here";
  feed_part(0);
  feed_part(1);
  service_environment_ = {{"LD_PRELOAD", MILLRACE_BINARY_DIR "/tests/libfull_disk.so"},
                          {"FULL_DISK_FILES", ".log"},
                          {"FULL_DISK_AFTER", "200000"},
                          {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  start_service();
  EXPECT_EQ(service_->wait(std::chrono::minutes(2)), 7) << tail(folder_.path() / "millrace.log", 20);
  EXPECT_LT(settled(), sent_);
  service_environment_.clear();
  ASSERT_NO_FATAL_FAILURE(run_until_settled());
  stop_service();
  expect_nothing_lost_or_doubled();
}

}  // namespace
}  // namespace millrace::testing
