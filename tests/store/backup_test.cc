// Backups of a store that is written to, and putting them back.
#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "store/rocks_backup.h"
#include "tests/store/rocks_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

class BackupTest : public RocksStoreTest {
 protected:
  BackupRequest request(std::uint32_t keep = 0) const {
    BackupRequest request;
    request.directory = (backups_.path() / "b").string();
    request.note = "a note";
    request.keep = keep;
    return request;
  }
  RestoreRequest restore_request() const { return {request().directory, std::nullopt, target(), false}; }
  std::string target() const { return (target_.path() / "state").string(); }
  static std::uint64_t last_of(const Store& store) { return std::stoull(*store.get(Table::kMeta, "last").value()); }
  // Step numbers 0 … last and nothing else: one moment.
  static void expect_whole(const Store& store) {
    const std::uint64_t last = last_of(store);
    for (std::uint64_t i = 0; i <= last; ++i) {
      ASSERT_EQ(store.get(Table::kUsers, key_u64(i)).value(), std::string(200, 'u') + std::to_string(i));
    }
    EXPECT_EQ(store.get(Table::kUsers, key_u64(last + 1)).value(), std::nullopt);
  }
  std::unique_ptr<RocksStore> open_target() {
    auto opened = open_rocks_store(small_rocks(target()));
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  void damage_a_backup() const {
    for (const auto& entry : fs::recursive_directory_iterator(backups_.path())) {
      if (entry.path().extension() == ".log") flip_middle(entry.path());
    }
  }

  TemporaryDirectory backups_;
  TemporaryDirectory target_;
};

TEST_F(BackupTest, IsOneMomentOfAStoreThatIsWrittenTo) {
  const auto store = open();
  write_steps(*store, 0, 50);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t i = 50; !stop; ++i) write_steps(*store, i, i + 1);
  });
  const auto taken = store->back_up(request());
  stop = true;
  writer.join();
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_EQ(taken->id, 1U);
  EXPECT_EQ(taken->note, "a note");
  EXPECT_GT(taken->bytes, 10'000U);
  ASSERT_TRUE(restore_backup(restore_request()).ok());
  const auto restored = open_target();
  EXPECT_GE(last_of(*restored), 49U);
  EXPECT_LE(last_of(*restored), last_of(*store));
  expect_whole(*restored);
  EXPECT_EQ(restored->continuity(), Continuity::kUnknown) << "it may be older than what was acknowledged since";
}

TEST_F(BackupTest, LaterOnesShareFilesAndOldOnesGo) {
  make_table_files();
  const auto store = open();
  for (std::uint64_t i = 200; i < 204; ++i) {
    write_steps(*store, i, i + 1);
    ASSERT_TRUE(store->back_up(request(2)).ok());
  }
  const auto backups = list_backups(request().directory);
  ASSERT_TRUE(backups.ok());
  ASSERT_EQ(backups->size(), 2U);
  EXPECT_EQ(backups->front().id, 3U);
  RestoreRequest older = restore_request();
  older.id = 3;
  ASSERT_TRUE(restore_backup(older).ok());
  EXPECT_EQ(last_of(*open_target()), 202U);
  older.id = 1;
  older.replace = true;
  EXPECT_EQ(restore_backup(older).error().code, ErrorCode::kNotFound);
}

TEST_F(BackupTest, GivenUpLeavesNoBackup) {
  const auto store = open();
  WriteBatch batch;
  for (std::uint64_t i = 0; i < 10; ++i) batch.put(Table::kModel, key_u64(i), std::string(1 << 20, 'x'));
  ASSERT_TRUE(store->commit(batch).ok());
  BackupRequest request = this->request();
  request.proceed = [] { return false; };
  const auto taken = store->back_up(request);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(list_backups(request.directory).error().code, ErrorCode::kNotFound);
}

TEST_F(BackupTest, ADirectoryThatIsNotEmptyIsReplacedOnlyWhenTold) {
  const auto store = open();
  write_steps(*store, 0, 10);
  ASSERT_TRUE(store->back_up(request()).ok());
  fs::create_directories(target());
  write_steps(*open_target(), 0, 99);
  const auto refused = restore_backup(restore_request());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message, HasSubstr("--replace"));
  EXPECT_EQ(last_of(*open_target()), 98U);
  RestoreRequest told = restore_request();
  told.replace = true;
  ASSERT_TRUE(restore_backup(told).ok());
  EXPECT_EQ(last_of(*open_target()), 9U);
  expect_whole(*open_target());
}

TEST_F(BackupTest, ADamagedBackupIsRefusedAndWhatWasThereStays) {
  const auto store = open();
  write_steps(*store, 0, 30);
  ASSERT_TRUE(store->back_up(request()).ok());
  damage_a_backup();
  write_steps(*open_target(), 0, 5);
  RestoreRequest told = restore_request();
  told.replace = true;
  const auto refused = restore_backup(told);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(last_of(*open_target()), 4U);
}

TEST_F(BackupTest, AFolderWithoutBackupsIsNamed) {
  EXPECT_EQ(list_backups(request().directory).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(restore_backup(restore_request()).error().code, ErrorCode::kNotFound);
}

TEST_F(BackupTest, ADirectoryInUseIsNotReplaced) {
  Forked owner([&](const LineEnd& test) {
    if (!test.hear()) return 1;
    const auto opened = open_rocks_store(small_rocks(target()));
    return opened.ok() && test.tell('r') && test.hear() ? 0 : 1;
  });
  ASSERT_TRUE(open()->back_up(request()).ok());
  ASSERT_TRUE(owner.line_end().tell('o') && owner.line_end().hear());
  RestoreRequest told = restore_request();
  told.replace = true;
  const auto refused = restore_backup(told);
  ASSERT_TRUE(owner.line_end().tell('d'));
  EXPECT_EQ(owner.wait(), 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLocked);
  EXPECT_THAT(refused.error().message, HasSubstr("process " + std::to_string(owner.pid())));
}

TEST_F(BackupTest, ARestoreThatDidNotFinishIsRefusedByEveryOpening) {
  write_steps(*open(), 0, 5);
  fs::create_directory(directory_.path() / kRestoringFolder);
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
  EXPECT_THAT(open_error(true).message, HasSubstr("millrace restore"));
}

TEST_F(BackupTest, ARestoreThatWasInterruptedIsRunAgain) {
  const auto store = open();
  write_steps(*store, 0, 30);
  ASSERT_TRUE(store->back_up(request()).ok());
  fs::create_directories(fs::path(target()) / kRestoringFolder);
  std::ofstream(fs::path(target()) / kRestoringFolder / "000001.sst") << "half";
  ASSERT_TRUE(restore_backup(restore_request()).ok());
  EXPECT_FALSE(fs::exists(fs::path(target()) / kRestoringFolder));
  EXPECT_EQ(last_of(*open_target()), 29U);
}

TEST_F(BackupTest, AReadOnlyStoreCannotBeBackedUp) {
  open();
  EXPECT_EQ(open(true)->back_up(request()).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace millrace::testing
