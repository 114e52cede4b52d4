// What only a store on disk can do: survive, be locked, be read beside its owner, and be damaged.
#include "store/rocks_store.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/random.h"
#include "store/format.h"
#include "tests/store/rocks_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

// Run before all others by its name: a forked process has none of the threads that RocksDB keeps once it was used.
using RocksStoreDeathTest = RocksStoreTest;

TEST_F(RocksStoreDeathTest, ABulkWriteThatFinishedSurvivesTheProcessAndOneThatDidNotLeavesNothing) {
  ASSERT_TRUE(in_a_killed_process([](RocksStore& store) {
    auto* const finished = store.bulk_write(Table::kModel).value().release();
    const bool did_finish = finished->add("a", "1").ok() && finished->finish().ok();
    auto* const unfinished = store.bulk_write(Table::kModel).value().release();
    return did_finish && unfinished->add("b", "2").ok();
  }));
  ASSERT_FALSE(files(".bulk").empty());
  const auto store = open();
  EXPECT_EQ(store->get(Table::kModel, "a").value(), "1");
  EXPECT_EQ(store->get(Table::kModel, "b").value(), std::nullopt);
  EXPECT_TRUE(files(".bulk").empty());
}

TEST_F(RocksStoreTest, KeepsWhatWasCommittedAcrossReopening) {
  write_steps(*open(), 0, 50);
  write_steps(*open(), 50, 60);
  const auto store = open();
  for (std::uint64_t i = 0; i < 60; ++i) {
    EXPECT_EQ(store->get(Table::kUsers, key_u64(i)).value(), std::string(200, 'u') + std::to_string(i));
  }
  EXPECT_EQ(store->get(Table::kMeta, "last").value(), "59");
}

TEST_F(RocksStoreTest, RowsInFilesAndInMemoryAreScannedTogetherInOrder) {
  for (const Table table : {Table::kUsers, Table::kDirty}) {
    for (const std::vector<std::string>& keys : {std::vector<std::string>{"b", "d", "c"}, {"e", "a", "d"}}) {
      const auto store = open();  // what the one before has left is in table files
      WriteBatch batch;
      for (const std::string& key : keys) batch.put(table, key, keys.front());
      ASSERT_TRUE(store->commit(batch).ok());
    }
    const auto store = open();
    WriteBatch batch;
    batch.erase(table, "c");
    batch.put(table, "f", "f");
    ASSERT_TRUE(store->commit(batch).ok());
    std::string found;
    ASSERT_TRUE(store
                    ->scan(table, "", "",
                           [&](auto key, auto value) {
                             found += std::string(key) + std::string(value) + " ";
                             return true;
                           })
                    .ok());
    EXPECT_EQ(found, "ae bb de ee ff ");
  }
}

TEST_F(RocksStoreTest, KeepsWhatWasCommittedWhenTheProcessIsKilled) {
  ASSERT_TRUE(in_a_killed_process([](RocksStore& store) {
    write_steps(store, 0, 100);
    return true;
  }));
  EXPECT_EQ(open()->get(Table::kMeta, "last").value(), "99");
}

TEST_F(RocksStoreTest, ABulkWriteGivenUpLeavesNothing) {
  const auto store = open();
  {
    auto unfinished = store->bulk_write(Table::kModel).value();
    ASSERT_TRUE(unfinished->add("b", "2").ok());
    ASSERT_FALSE(files(".bulk").empty());
  }
  EXPECT_TRUE(files(".bulk").empty());
  EXPECT_EQ(store->get(Table::kModel, "b").value(), std::nullopt);
}

TEST_F(RocksStoreTest, CreatesMissingParentDirectories) {
  const std::string nested = (directory_.path() / "a" / "b").string();
  EXPECT_TRUE(open_rocks_store(small_rocks(nested)).ok());
}

TEST_F(RocksStoreTest, ADirectoryThatCannotBeMadeIsAnIoError) {
  std::ofstream(directory_.path() / "file") << "x";
  const auto opened = open_rocks_store(small_rocks((directory_.path() / "file" / "store").string()));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kIo);
}

TEST_F(RocksStoreTest, SecondOwnerInThisProcessIsRefused) {
  const auto store = open();
  EXPECT_EQ(open_error().code, ErrorCode::kLocked);
}

TEST_F(RocksStoreTest, SecondOwnerInAnotherProcessIsRefused) {
  Forked owner([&](const LineEnd& test) {
    const auto opened = open_rocks_store(small_rocks(directory_.string()));
    return opened.ok() && test.tell('r') && test.hear() ? 0 : 1;
  });
  ASSERT_TRUE(owner.line_end().hear());
  EXPECT_EQ(open_error().code, ErrorCode::kLocked);
  ASSERT_TRUE(owner.line_end().tell('d'));
  EXPECT_EQ(owner.wait(), 0);
}

TEST_F(RocksStoreTest, ReaderBesideTheOwnerSeesWhatWasCommittedAndWritesNothing) {
  const auto owner = open();
  write_steps(*owner, 0, 20);
  const auto names = files("");
  const auto reader = open(true);
  EXPECT_EQ(files(""), names);
  EXPECT_EQ(reader->get(Table::kMeta, "last").value(), "19");
  write_steps(*owner, 20, 30);
  EXPECT_EQ(reader->get(Table::kMeta, "last").value(), "19");
  EXPECT_EQ(open(true)->get(Table::kMeta, "last").value(), "29");

  WriteBatch batch;
  batch.put(Table::kMeta, "last", "0");
  const Status status = reader->commit(batch);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
}

TEST_F(RocksStoreTest, ReadingWhereNoStoreIsSaysSo) {
  EXPECT_EQ(open_error(true).code, ErrorCode::kNotFound);
  EXPECT_TRUE(files("").empty());
}

TEST_F(RocksStoreTest, AnotherFormatIsRefused) {
  WriteBatch batch;
  batch.put(Table::kMeta, std::string(kFormatKey), std::string("\x01\x63", 2));
  ASSERT_TRUE(open()->commit(batch).ok());
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_THAT(error.message, HasSubstr("format 99"));
}

TEST_F(RocksStoreTest, RowsWithoutAFormatAreRefused) {
  WriteBatch batch;
  batch.erase(Table::kMeta, std::string(kFormatKey));
  batch.put(Table::kUsers, "a", "1");
  ASSERT_TRUE(open()->commit(batch).ok());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(RocksStoreTest, AStoreKilledBeforeItsFirstCommitIsStartedAgain) {
  WriteBatch batch;
  batch.erase(Table::kMeta, std::string(kFormatKey));
  ASSERT_TRUE(open()->commit(batch).ok());
  EXPECT_EQ(open()->get(Table::kMeta, kFormatKey).value(), encode_store_format());
}

TEST_F(RocksStoreTest, AMissingManifestIsCorruption) {
  make_table_files();
  for (const auto& path : files("MANIFEST")) fs::remove(path);
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::kCorruption);
  EXPECT_THAT(error.message, HasSubstr("backup"));
}

TEST_F(RocksStoreTest, AMissingCurrentIsCorruptionAndDeletesNothing) {
  make_table_files();
  fs::remove(directory_.path() / "CURRENT");
  const auto tables = files(".sst");
  ASSERT_FALSE(tables.empty());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
  EXPECT_EQ(files(".sst"), tables);
}

TEST_F(RocksStoreTest, AMissingTableFileIsCorruption) {
  make_table_files();
  fs::remove(files(".sst").front());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(RocksStoreTest, ADamagedManifestIsCorruption) {
  make_table_files();
  flip_middle(files("MANIFEST").front());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(RocksStoreTest, ADamagedOrEmptyCurrentIsCorruption) {
  make_table_files();
  flip_byte(directory_.path() / "CURRENT", 2);
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
  fs::resize_file(directory_.path() / "CURRENT", 0);
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(RocksStoreTest, ATruncatedTableFileIsCorruption) {
  make_table_files();
  for (const auto& path : files(".sst")) fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(RocksStoreTest, ADamagedTableBlockShowsWhenItIsRead) {
  make_table_files();
  for (const auto& path : files(".sst")) flip_byte(path, 40);
  auto opened = open_rocks_store(small_rocks(directory_.string()));
  if (!opened.ok()) {
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    return;
  }
  const auto store = std::move(opened).value();
  const auto one = store->get(Table::kUsers, key_u64(0));
  ASSERT_FALSE(one.ok());
  EXPECT_EQ(one.error().code, ErrorCode::kCorruption);
  const auto many = store->multi_get(Table::kUsers, std::vector<std::string>{key_u64(0)});
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().code, ErrorCode::kCorruption);
  const Status scan = store->scan(Table::kUsers, "", "", [](auto, auto) { return true; });
  ASSERT_FALSE(scan.ok());
  EXPECT_EQ(scan.error().code, ErrorCode::kCorruption);
}

// A log cut or damaged anywhere leaves the state after some commit: never half of one, never a gap, never an invention.
TEST_F(RocksStoreTest, ADamagedLogRewindsToAWholeCommit) {
  constexpr std::uint64_t kSteps = 60;
  write_steps(*open(), 0, kSteps);
  const TemporaryDirectory pristine;
  fs::copy(directory_.path(), pristine.path(), fs::copy_options::recursive);
  Random random(3);
  for (int trial = 0; trial < 30; ++trial) {
    fs::remove_all(directory_.path());
    fs::copy(pristine.path(), directory_.path());
    ASSERT_FALSE(files(".log").empty());
    const fs::path log = files(".log").back();
    const std::uintmax_t at = random.below(fs::file_size(log));
    if (trial % 2 == 0) {
      fs::resize_file(log, at);
    } else {
      flip_byte(log, at);
    }
    const auto store = open();
    ASSERT_NE(store, nullptr) << "damaged at byte " << at;
    const auto last = store->get(Table::kMeta, "last").value();
    const std::uint64_t steps = last ? std::stoull(*last) + 1 : 0;
    ASSERT_LE(steps, kSteps);
    for (std::uint64_t i = 0; i < kSteps; ++i) {
      const auto expected = i < steps ? std::optional(std::string(200, 'u') + std::to_string(i)) : std::nullopt;
      ASSERT_EQ(store->get(Table::kUsers, key_u64(i)).value(), expected);
    }
  }
}

}  // namespace
}  // namespace millrace::testing
