// A store that lost acknowledged commits, or may have, says so when it is opened: whatever was damaged, it is never
// silently older, and tables are never of two moments.
#include <gmock/gmock.h>

#include "core/random.h"
#include "store/commit_mark.h"
#include "tests/store/rocks_fixture.h"

namespace millrace::testing {
namespace {

class ContinuityTest : public RocksStoreTest {
 protected:
  Continuity found() {
    const auto store = open();
    return store == nullptr ? Continuity::kUnbroken : store->continuity();
  }
  fs::path newest_log() const { return files(".log").back(); }
};

TEST_F(ContinuityTest, ANewStoreAndOneThatWasClosedAreUnbroken) {
  EXPECT_EQ(found(), Continuity::kUnbroken);
  write_steps(*open(), 0, 20);
  EXPECT_EQ(found(), Continuity::kUnbroken);
  EXPECT_EQ(open(true)->continuity(), Continuity::kUnbroken);
}

TEST_F(ContinuityTest, ALogWithoutItsEndIsRewound) {
  write_steps(*open(), 0, 40);
  fs::resize_file(newest_log(), fs::file_size(newest_log()) - 1);
  const auto store = open();
  EXPECT_EQ(store->continuity(), Continuity::kRewound);
  EXPECT_EQ(store->get(Table::kMeta, "last").value(), "38");
}

TEST_F(ContinuityTest, ADamagedByteAnywhereInTheLogIsRewoundOrRefused) {
  write_steps(*open(), 0, 40);
  const TemporaryDirectory pristine;
  fs::copy(directory_.path(), pristine.path(), fs::copy_options::recursive);
  Random random(11);
  int rewound = 0;
  for (int trial = 0; trial < 20; ++trial) {
    flip_byte(newest_log(), random.below(fs::file_size(newest_log())));
    auto opened = open_rocks_store(small_rocks(directory_.string()));
    if (opened.ok()) {
      const bool whole = (*opened)->get(Table::kMeta, "last").value() == "39";
      EXPECT_EQ((*opened)->continuity(), whole ? Continuity::kUnbroken : Continuity::kRewound);
      rewound += whole ? 0 : 1;
      opened->reset();
    } else {
      EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    }
    // Contents are put back into the same files, so that the mark keeps its inode.
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      if (entry.path().filename() != kCommitMarkFile) fs::remove_all(entry.path());
    }
    fs::copy(pristine.path(), directory_.path(), fs::copy_options::overwrite_existing | fs::copy_options::recursive);
  }
  EXPECT_GT(rewound, 10);
}

class BulkContinuityTest : public ContinuityTest {
 protected:
  // Of forty steps with a bulk write from the twentieth to the thirtieth: the newest that is left where the log lost
  // its end.
  int newest_with(double share_of_log) {
    {
      const auto store = open();
      write_steps(*store, 0, 20);
      auto bulk = store->bulk_write(Table::kModel).value();
      EXPECT_TRUE(bulk->add("row", "value").ok());
      write_steps(*store, 20, 30);
      EXPECT_TRUE(bulk->finish().ok());
      write_steps(*store, 30, 40);
    }
    const auto bytes = static_cast<double>(fs::file_size(newest_log()));
    fs::resize_file(newest_log(), static_cast<std::uintmax_t>(bytes * share_of_log));
    const auto store = open();
    EXPECT_EQ(store->continuity(), Continuity::kRewound);
    EXPECT_EQ(store->get(Table::kModel, "row").value(), "value") << "it is not of the log";
    return std::stoi(store->get(Table::kMeta, "last").value().value());
  }
};

TEST_F(BulkContinuityTest, ALogThatLostCommitsAfterABulkWriteIsRewound) { EXPECT_GT(newest_with(0.75), 30); }
TEST_F(BulkContinuityTest, ALogThatLostCommitsDuringABulkWriteIsRewoundToItsBeginningAtMost) {
  const int newest = newest_with(0.25);
  EXPECT_GE(newest, 19);
  EXPECT_LT(newest, 30);
}
TEST_F(BulkContinuityTest, AnEmptyLogLeavesWhatWasCommittedBeforeABulkWrite) { EXPECT_EQ(newest_with(0.0), 19); }

TEST_F(ContinuityTest, AMissingNewestLogIsRewound) {
  make_table_files();
  write_steps(*open(), 200, 230);
  fs::remove(newest_log());
  const auto store = open();
  EXPECT_EQ(store->continuity(), Continuity::kRewound);
  EXPECT_EQ(store->get(Table::kMeta, "last").value(), "199");
}

TEST_F(ContinuityTest, ALostLogOfANewStoreIsRewoundToNothing) {
  write_steps(*open(), 0, 20);
  fs::remove(newest_log());
  const auto store = open();
  EXPECT_EQ(store->continuity(), Continuity::kRewound);
  EXPECT_EQ(store->get(Table::kMeta, "last").value(), std::nullopt);
}

TEST_F(ContinuityTest, ARewindIsFoundAgainUntilSomethingIsCommitted) {
  write_steps(*open(), 0, 40);
  fs::resize_file(newest_log(), fs::file_size(newest_log()) / 2);
  EXPECT_EQ(found(), Continuity::kRewound);
  EXPECT_EQ(found(), Continuity::kRewound);
  write_steps(*open(), 100, 101);
  EXPECT_EQ(found(), Continuity::kUnbroken);
}

TEST_F(ContinuityTest, ACopyOfTheDirectoryIsKnownAsOne) {
  write_steps(*open(), 0, 20);
  const TemporaryDirectory copy;
  fs::copy(directory_.path(), copy.path(), fs::copy_options::recursive);
  {
    const auto opened = open_rocks_store(small_rocks(copy.string()));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ((*opened)->continuity(), Continuity::kUnknown);
    EXPECT_EQ((*opened)->get(Table::kMeta, "last").value(), "19");
    write_steps(**opened, 20, 21);
  }
  EXPECT_EQ((*open_rocks_store(small_rocks(copy.string())))->continuity(), Continuity::kUnbroken);
}

// File systems give the number of a removed file to the next one.
TEST_F(ContinuityTest, ACopyOfTheMarkInTheSamePlaceIsKnownAsOne) {
  write_steps(*open(), 0, 20);
  const fs::path mark = directory_.path() / kCommitMarkFile;
  const TemporaryDirectory aside;
  fs::copy_file(mark, aside.path() / "mark");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // beyond the clock tick that the first was born in
  for (int trial = 0; trial < 5; ++trial) {
    fs::remove(mark);
    fs::copy_file(aside.path() / "mark", mark);
    EXPECT_EQ(CommitMark::read(directory_.string()), std::nullopt);
  }
  EXPECT_EQ(found(), Continuity::kUnknown);
}

TEST_F(ContinuityTest, AMarkThatIsMissingOrDamagedIsNoProof) {
  write_steps(*open(), 0, 20);
  const fs::path mark = directory_.path() / kCommitMarkFile;
  flip_byte(mark, 3);
  EXPECT_EQ(found(), Continuity::kUnknown);
  fs::resize_file(mark, 10);
  EXPECT_EQ(found(), Continuity::kUnknown);
  fs::remove(mark);
  EXPECT_EQ(found(), Continuity::kUnknown);
}

// Several log files are alive at a time: a table that was filled is in a table file, one that is rarely written still
// has its rows in an older log.
class SeveralLogs : public ContinuityTest {
 protected:
  void SetUp() override {
    make_table_files();  // else the format's row is in the oldest log, and shows that it is gone
    fill(*open());
    logs_ = files(".log");  // those that a start needs: the others went when it was closed
    ASSERT_GT(logs_.size(), 1U) << "one log is not what this is about";
  }
  static void fill(Store& store) {
    for (std::uint64_t i = 0; i < 600; ++i) {
      WriteBatch batch;
      batch.put(Table::kUsers, key_u64(i), std::string(10'000, static_cast<char>('a' + i % 26)));
      batch.put(Table::kMeta, "last", std::to_string(i));
      ASSERT_TRUE(store.commit(batch).ok());
    }
  }
  std::vector<fs::path> logs_;
};

TEST_F(SeveralLogs, AMissingOlderLogIsRefused) {
  fs::remove(logs_.front());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(SeveralLogs, ACutOlderLogIsRefused) {
  fs::resize_file(logs_.front(), fs::file_size(logs_.front()) / 2);
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

TEST_F(SeveralLogs, ADamagedOlderLogIsRefused) {
  flip_middle(logs_.front());
  EXPECT_EQ(open_error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace::testing
