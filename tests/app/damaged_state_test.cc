// State directories that a start must refuse, each with its exit code and a message that says what to do; what `verify`
// finds in them; and backups by command. The rows of "The state directory damaged" in docs/operations.md that need no
// broker.
#include <gmock/gmock.h>
#include <unistd.h>

#include <map>
#include <optional>

#include "app/state_meta.h"
#include "core/bytes.h"
#include "model/model_rows.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"
#include "store/rocks_store.h"
#include "tests/app/program_fixture.h"
#include "tests/flip_byte.h"
#include "tests/forked.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Forked;
using ::testing::HasSubstr;
using testing::LineEnd;

class DamagedState : public ProgramTest {
 protected:
  // Three steps, in table files.
  void SetUp() override {
    ASSERT_EQ(run({"replay", file(kEvents), "--quiet", "--set", "step.records_max=2"}).exit, 0);
    open();
    open();
  }
  std::unique_ptr<RocksStore> open() const {
    RocksOptions options;
    options.directory = state().string();
    auto opened = open_rocks_store(options);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(opened).value();
  }
  void change(Table table, const std::string& key, std::optional<std::string> value) const {
    WriteBatch batch;
    if (value) {
      batch.put(table, key, *value);
    } else {
      batch.erase(table, key);
    }
    ASSERT_TRUE(open()->commit(batch).ok());
  }
  std::vector<fs::path> files(const std::string& part) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(state())) {
      if (entry.path().filename().string().find(part) != std::string::npos) found.push_back(entry.path());
    }
    EXPECT_FALSE(found.empty()) << part;
    return found;
  }
  Outcome start() const {
    return run({"run", "--set", "metrics.port=0", "--set", "kafka.bootstrap_servers=127.0.0.1:1"});
  }
  void expect_refused(ExitCode code, const std::string& remedy) const {
    const Outcome refused = start();
    EXPECT_EQ(refused.exit, static_cast<int>(code)) << refused.error;
    EXPECT_THAT(refused.error, HasSubstr(remedy));
  }
  void expect_damaged(const std::string& what) const {
    const Outcome found = run({"verify", "-q"});
    EXPECT_EQ(found.exit, static_cast<int>(ExitCode::kCorruption)) << found.output;
    EXPECT_THAT(found.output, AllOf(HasSubstr("DAMAGED"), HasSubstr(what)));
    EXPECT_THAT(found.error, HasSubstr("millrace restore"));
  }
  // Names, sizes and contents of the whole directory.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(state())) {
      std::ifstream in(entry.path(), std::ios::binary);
      all[entry.path().filename().string()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
};

TEST_F(DamagedState, AMissingManifestIsRefused) {
  for (const auto& path : files("MANIFEST")) fs::remove(path);
  expect_refused(ExitCode::kCorruption, "millrace restore");
}

TEST_F(DamagedState, ADamagedManifestIsRefused) {
  for (const auto& path : files("MANIFEST")) flip_middle(path);
  expect_refused(ExitCode::kCorruption, "millrace restore");
}

TEST_F(DamagedState, AMissingRootIsRefused) {
  fs::remove(state() / "CURRENT");
  expect_refused(ExitCode::kCorruption, "the file CURRENT is missing");
}

TEST_F(DamagedState, AMissingTableFileIsRefused) {
  fs::remove(files(".sst").front());
  expect_refused(ExitCode::kCorruption, "millrace restore");
}

TEST_F(DamagedState, ADamagedTableFileIsRefusedWhenItIsReadAndFoundByVerify) {
  for (const auto& path : files(".sst")) flip_byte(path, 20);
  expect_refused(ExitCode::kCorruption, "millrace restore");
  expect_damaged(".sst of table");
}

// Beside a process, forked before there were threads, that opens the state or starts as it is told.
class StateOfTwo : public DamagedState {
 protected:
  static constexpr char kOpen = 'o';
  static constexpr char kStartAsNobody = 's';

  void SetUp() override {
    other_.emplace([this](const LineEnd& test) {
      if (test.hear() == kOpen) {
        const auto held = open();
        return held != nullptr && test.tell('r') && test.hear() ? 0 : 1;
      }
      const bool dropped = getuid() != 0 || setuid(65534) == 0;
      return dropped ? start().exit : 99;
    });
    DamagedState::SetUp();
  }

  std::optional<Forked> other_;
};

TEST_F(StateOfTwo, IsRefusedWhileTheOtherUsesIt) {
  ASSERT_TRUE(other_->line_end().tell(kOpen) && other_->line_end().hear());
  expect_refused(ExitCode::kLocked, "another process uses the directory");
  const Outcome verify = run({"verify", "-q"});
  EXPECT_EQ(verify.exit, static_cast<int>(ExitCode::kLocked));
  EXPECT_THAT(verify.error, HasSubstr("process " + std::to_string(other_->pid())));
}

// Root writes where it has no permission, so a child that is not root tries.
TEST_F(StateOfTwo, IsRefusedWhereItCannotBeWritten) {
  fs::permissions(folder_, fs::perms(0755));
  for (const auto& entry : fs::directory_iterator(state())) fs::permissions(entry.path(), fs::perms(0444));
  fs::permissions(state(), fs::perms(0555));
  ASSERT_TRUE(other_->line_end().tell(kStartAsNobody));
  const int exit = other_->wait();
  fs::permissions(state(), fs::perms(0755));
  EXPECT_EQ(exit, static_cast<int>(ExitCode::kDenied));
}

TEST_F(DamagedState, AWholeOneIsVerifiedWithoutChangingAByte) {
  const auto before = contents();
  const Outcome found = run({"verify", "-q"});
  EXPECT_EQ(found.exit, 0) << found.output << found.error;
  EXPECT_THAT(found.output,
              AllOf(HasSubstr("ok       table files"), HasSubstr("ok       users                   2 rows"),
                    HasSubstr("ok       tables agree")));
  EXPECT_THAT(found.output, ::testing::Not(HasSubstr("DAMAGED")));
  EXPECT_EQ(contents(), before);
}

TEST_F(DamagedState, ARowThatCannotBeReadIsFound) {
  change(Table::kUsers, "eve", "\x01nonsense");
  expect_damaged("users                   3 rows");
}

TEST_F(DamagedState, TablesOfTwoMomentsAreRefusedAndFound) {
  change(Table::kSteps, key_u64(2), std::nullopt);
  expect_refused(ExitCode::kCorruption, "mixes the tables of two moments");
  expect_damaged("the record of the newest step, 2, is missing");
}

TEST_F(DamagedState, AModelOfALaterStepThanTheNewestIsRefused) {
  const std::string key = model_row_key(kLearnerRows, "", kStateRow);
  change(Table::kModel, key, encode_learner_state({.step = 4, .trained_until = 0, .items = 0, .pending = {}}));
  expect_refused(ExitCode::kCorruption, "the model is of step 4, the newest step is");
}

TEST_F(DamagedState, AnExampleLogThatEndsEarlyIsRefused) {
  change(Table::kExamples, key_u64(3), std::nullopt);
  expect_refused(ExitCode::kCorruption, "example 3, which is missing");
  expect_damaged("the log ends at 3, the steps at 4");
}

TEST_F(DamagedState, WhatTablesSayOfEachOtherIsVerified) {
  change(Table::kItemIds, "cup", std::nullopt);
  expect_damaged("the numbers are not 0 to");
}

TEST_F(DamagedState, AMarkOfAListThatNeverWasIsFound) {
  change(Table::kDirty, mark_key(1ULL << 60, 0), encode_mark({1ULL << 60, {UserId("eve")}}));
  expect_damaged("a mark has version");
}

TEST_F(DamagedState, AMarkAheadOfItsListIsFound) {
  std::string user, bytes;
  ASSERT_TRUE(open()
                  ->scan(Table::kLists, "", "",
                         [&](auto key, auto value) {
                           user = key;
                           bytes = value;
                           return false;
                         })
                  .ok());
  RecommendationList list = *decode_list(UserId(user), bytes);
  change(Table::kDirty, mark_key(list.version, 0), encode_mark({list.version, {list.user}}));
  --list.version;
  change(Table::kLists, user, encode_list(list));
  expect_damaged("it is of version");
}

TEST_F(DamagedState, AListFromTheFutureIsFound) {
  WriteBatch batch;
  put_meta_counter(batch, kVersionBaseKey, 1);
  ASSERT_TRUE(open()->commit(batch).ok());
  expect_damaged("above the base 1");
}

TEST_F(DamagedState, ABackupByCommandIsRestoredAfterALoss) {
  const std::string backups = (folder_ / "backups").string();
  const Outcome taken = run({"backup", backups});
  ASSERT_EQ(taken.exit, 0) << taken.error;
  EXPECT_THAT(taken.output, HasSubstr("backup 1 of step 2: "));
  EXPECT_EQ(run({"backup", backups, "--list"}).output, taken.output);
  const Outcome refused = run({"restore", backups});
  EXPECT_EQ(refused.exit, static_cast<int>(ExitCode::kUsage));
  EXPECT_THAT(refused.error, HasSubstr("expected an empty directory"));
  fs::remove_all(state());
  const Outcome restored = run({"restore", backups});
  ASSERT_EQ(restored.exit, 0) << restored.error;
  const Outcome verified = run({"verify", "-q"});
  EXPECT_EQ(verified.exit, 0) << verified.output;
  EXPECT_THAT(verified.output, HasSubstr("a copy or a restored backup"));
  EXPECT_THAT(run({"inspect", "user", "ann"}).output, HasSubstr("interactions            2"));
}

TEST_F(DamagedState, ABackupIntoTheStateDirectoryOrOfNothingIsRefused) {
  EXPECT_THAT(run({"backup", (state() / "backups").string()}).error, HasSubstr("it lies in the state directory"));
  fs::remove_all(state());
  EXPECT_THAT(run({"backup", (folder_ / "backups").string()}).error, HasSubstr("no store is there"));
}

}  // namespace
}  // namespace millrace
