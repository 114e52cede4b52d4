// The disk full at every kind of write, by a library preloaded into the real program: what was committed before is
// whole, nothing else is there, and the next start goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "demo/child_process.h"
#include "store/rocks_store.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

constexpr int kNoSpaceExit = 7;
constexpr std::chrono::seconds kPatience{120};

using Environment = std::vector<std::pair<std::string, std::string>>;

// Files whose name contains `files` take `after` bytes and no more.
Environment full_disk(const std::string& files, const std::string& after) {
  return {{"LD_PRELOAD", MILLRACE_BINARY_DIR "/tests/libfull_disk.so"},
          {"FULL_DISK_FILES", files},
          {"FULL_DISK_AFTER", after},
          {"ASAN_OPTIONS", "verify_asan_link_order=0:handle_abort=0"}};
}

struct FullCase {
  const char* name;
  const char* files;
  const char* after;
};

class FullDisk : public ::testing::TestWithParam<FullCase> {
 protected:
  int run(std::vector<std::string> arguments, const Environment& environment = {}) {
    arguments.insert(arguments.begin(), MILLRACE_BINARY_DIR "/app/millrace");
    for (const char* setting :
         {"model.encoder.dimension=16", "model.encoder.negatives=64", "model.encoder.token_buckets=1024",
          "model.families=[\"popular\", \"memory\", \"encoder\"]", "step.records_max=20", "store.checkpoint_steps=20",
          "store.write_buffer_bytes=1048576"}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    arguments.insert(arguments.end(), {"--set", "service.state_directory=" + (folder_.path() / "state").string()});
    auto process =
        ChildProcess::start({.command = arguments, .log = folder_.path() / "log", .environment = environment});
    EXPECT_TRUE(process.ok()) << process.error().message;
    return process->wait(kPatience).value_or(-1);
  }
  std::string events() const {
    const auto path = folder_.path() / "events.csv";
    std::ofstream out(path);
    out << "user_id,item_id,event_time,event_type\n";
    for (int i = 0; i < 2'000; ++i) {
      out << "user-" << i * 7919 % 400 << ",item-" << i * 104729 % 300 << ',' << 1'700'000'000'000 + 1'000LL * i
          << ",click\n";
    }
    return path.string();
  }
  std::string log() const { return tail(folder_.path() / "log", 20); }

  TemporaryFolder folder_{"millrace-full-disk"};
};

TEST_P(FullDisk, LeavesTheStateOfAWholeCommit) {
  const FullCase& full = GetParam();
  ASSERT_EQ(run({"replay", events(), "-q"}, full_disk(full.files, full.after)), kNoSpaceExit) << log();
  EXPECT_THAT(log(), ::testing::HasSubstr("free space on the disk and start again"));
  // Opened by its owner, as the next start does, and then looked at row by row.
  const std::string backups = (folder_.path() / "backups").string();
  if (std::filesystem::exists(folder_.path() / "state" / "CURRENT")) {
    EXPECT_EQ(run({"verify", "-q"}), 0) << log();
    EXPECT_EQ(run({"backup", backups}), 0) << log();
    EXPECT_EQ(run({"verify", "-q"}), 0) << log();
  } else {
    EXPECT_EQ(run({"replay", events(), "-q"}), 0) << log();
  }
}

INSTANTIATE_TEST_SUITE_P(AtEveryKindOfWrite, FullDisk,
                         ::testing::Values(FullCase{"Log", ".log", "300000"}, FullCase{"FirstTableFile", ".sst", "0"},
                                           FullCase{"LaterTableFile", ".sst", "400000"},
                                           FullCase{"Manifest", "MANIFEST", "3000"}, FullCase{"Root", "dbtmp", "0"},
                                           FullCase{"RowsOfACheckpoint", ".bulk", "0"},
                                           FullCase{"Everything", "0000", "1300000"}),
                         [](const auto& full) { return std::string(full.param.name); });

}  // namespace
}  // namespace millrace::testing
