// One suite for every implementation of Store: what a caller may rely on, whichever is underneath.
#include "tests/store/conformance.h"

#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "core/bytes.h"
#include "core/random.h"
#include "store/format.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Rows = std::vector<std::pair<std::string, std::string>>;

class StoreConformance : public ::testing::TestWithParam<Implementation> {
 protected:
  StoreConformance() {
    if (GetParam() == Implementation::kMemory) {
      store_ = make_memory_store();
    } else {
      auto opened = open_rocks_store(small_rocks(directory_.string()));
      EXPECT_TRUE(opened.ok()) << opened.error().message;
      store_ = std::move(opened).value();
    }
  }

  void put(Table table, const std::string& key, const std::string& value) {
    WriteBatch batch;
    batch.put(table, key, value);
    ASSERT_TRUE(store_->commit(batch).ok());
  }
  std::optional<std::string> get(Table table, const std::string& key) { return store_->get(table, key).value(); }
  Rows scan(Table table, const std::string& prefix, const std::string& from, std::size_t most = 1000) {
    Rows rows;
    const Status status = store_->scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
      rows.emplace_back(key, value);
      return rows.size() < most;
    });
    EXPECT_TRUE(status.ok());
    return rows;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreConformance, MissingKeyIsAbsentAndNoError) { EXPECT_EQ(get(Table::kUsers, "nobody"), std::nullopt); }

TEST_P(StoreConformance, NewStoreHoldsItsFormatAndNothingElse) {
  EXPECT_THAT(scan(Table::kMeta, "", ""), ElementsAre(std::pair(std::string(kFormatKey), encode_store_format())));
  for (std::size_t i = 1; i < kTables; ++i) EXPECT_THAT(scan(static_cast<Table>(i), "", ""), IsEmpty());
}

TEST_P(StoreConformance, LastOperationOnAKeyWinsWithinABatch) {
  WriteBatch batch;
  batch.put(Table::kUsers, "a", "1");
  batch.put(Table::kUsers, "a", "2");
  batch.put(Table::kUsers, "b", "1");
  batch.erase(Table::kUsers, "b");
  batch.erase(Table::kUsers, "c");
  batch.put(Table::kUsers, "c", "3");
  ASSERT_TRUE(store_->commit(batch).ok());
  EXPECT_EQ(get(Table::kUsers, "a"), "2");
  EXPECT_EQ(get(Table::kUsers, "b"), std::nullopt);
  EXPECT_EQ(get(Table::kUsers, "c"), "3");
}

TEST_P(StoreConformance, ErasingAMissingKeyIsNoError) {
  WriteBatch batch;
  batch.erase(Table::kLists, "nobody");
  EXPECT_TRUE(store_->commit(batch).ok());
}

TEST_P(StoreConformance, EmptyBatchIsCommitted) { EXPECT_TRUE(store_->commit(WriteBatch{}).ok()); }

TEST_P(StoreConformance, TablesDoNotShareKeys) {
  for (std::size_t i = 0; i < kTables; ++i) put(static_cast<Table>(i), "key", std::to_string(i));
  for (std::size_t i = 0; i < kTables; ++i) EXPECT_EQ(get(static_cast<Table>(i), "key"), std::to_string(i));
}

TEST_P(StoreConformance, ScanYieldsThePrefixInOrderOfBytes) {
  for (const char* key : {"b\xff", "a", "b", "ba", "c", "b\x01"}) put(Table::kItems, key, std::string("v") + key);
  EXPECT_THAT(scan(Table::kItems, "b", ""), ElementsAre(std::pair("b", "vb"), std::pair("b\x01", "vb\x01"),
                                                        std::pair("ba", "vba"), std::pair("b\xff", "vb\xff")));
}

TEST_P(StoreConformance, ScanStartsAtFromWithinThePrefix) {
  for (const char* key : {"a1", "b1", "b2", "b3", "c1"}) put(Table::kItems, key, "");
  EXPECT_THAT(scan(Table::kItems, "b", "b2"), ElementsAre(std::pair("b2", ""), std::pair("b3", "")));
  EXPECT_THAT(scan(Table::kItems, "b", "a"),
              ElementsAre(std::pair("b1", ""), std::pair("b2", ""), std::pair("b3", "")));
  EXPECT_THAT(scan(Table::kItems, "b", "c"), IsEmpty());
  EXPECT_THAT(scan(Table::kItems, "", "b3"), ElementsAre(std::pair("b3", ""), std::pair("c1", "")));
}

TEST_P(StoreConformance, ScanStopsWhenTheVisitorSaysSo) {
  for (std::uint64_t i = 0; i < 10; ++i) put(Table::kExamples, key_u64(i), "x");
  EXPECT_EQ(scan(Table::kExamples, "", "", 3).size(), 3U);
}

TEST_P(StoreConformance, BigEndianKeysComeInNumericOrder) {
  const std::vector<std::uint64_t> numbers{0, 1, 255, 256, 65'535, 65'536, 1ULL << 40, ~0ULL};
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) put(Table::kSteps, key_u64(*number), "");
  std::vector<std::uint64_t> found;
  for (const auto& [key, value] : scan(Table::kSteps, "", "")) found.push_back(read_key(key));
  EXPECT_EQ(found, numbers);
}

TEST_P(StoreConformance, MultiGetAnswersInOrderWithMissingAndRepeatedKeys) {
  put(Table::kUsers, "a", "1");
  put(Table::kUsers, "b", "2");
  const std::vector<std::string> keys{"b", "missing", "a", "b", "", "a"};
  EXPECT_THAT(store_->multi_get(Table::kUsers, keys).value(),
              ElementsAre("2", std::nullopt, "1", "2", std::nullopt, "1"));
  EXPECT_THAT(store_->multi_get(Table::kUsers, {}).value(), IsEmpty());
}

TEST_P(StoreConformance, MultiGetTakesThousandsOfKeys) {
  WriteBatch batch;
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    keys.push_back(key_u64((i * 7919) % 5000));
    if (i % 2 == 0) batch.put(Table::kUsers, key_u64(i), std::to_string(i));
  }
  ASSERT_TRUE(store_->commit(batch).ok());
  const auto values = store_->multi_get(Table::kUsers, keys).value();
  ASSERT_EQ(values.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t number = read_key(keys[i]);
    ASSERT_EQ(values[i], number % 2 == 0 ? std::optional(std::to_string(number)) : std::nullopt);
  }
}

TEST_P(StoreConformance, KeysAndValuesAreAnyBytes) {
  const std::string zeros(3, '\0');
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  put(Table::kModel, zeros, all);
  put(Table::kModel, all, zeros);
  put(Table::kModel, "empty", "");
  EXPECT_EQ(get(Table::kModel, zeros), all);
  EXPECT_EQ(get(Table::kModel, all), zeros);
  EXPECT_EQ(get(Table::kModel, "empty"), "");
  EXPECT_EQ(get(Table::kModel, std::string(2, '\0')), std::nullopt);
}

TEST_P(StoreConformance, ValuesMayBeMegabytes) {
  std::string big(5 << 20, 'x');
  Random random(1);
  for (char& byte : big) byte = static_cast<char>(random.next());
  put(Table::kCatalogue, "big", big);
  EXPECT_EQ(get(Table::kCatalogue, "big"), big);
}

TEST_P(StoreConformance, SizeGrowsWithWhatIsStored) {
  EXPECT_EQ(store_->size(Table::kUsers).rows, 0U);
  WriteBatch batch;
  for (std::uint64_t i = 0; i < 1000; ++i) batch.put(Table::kUsers, key_u64(i), std::string(100, 'x'));
  ASSERT_TRUE(store_->commit(batch).ok());
  EXPECT_EQ(store_->size(Table::kUsers).rows, 1000U);
  EXPECT_GE(store_->size(Table::kUsers).bytes, 100'000U);
  EXPECT_EQ(store_->size(Table::kItems).rows, 0U);
}

TEST_P(StoreConformance, AReaderNeverSeesHalfABatch) {
  constexpr int kCommits = 300;
  std::thread writer([&] {
    for (int i = 0; i < kCommits; ++i) {
      WriteBatch batch;
      for (const char* key : {"a", "b", "c"}) batch.put(Table::kUsers, key, std::to_string(i));
      EXPECT_TRUE(store_->commit(batch).ok());
    }
  });
  for (std::string last; last != std::to_string(kCommits - 1);) {
    const Rows rows = scan(Table::kUsers, "", "");
    if (rows.empty()) continue;
    EXPECT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows.front().second, rows.back().second);
    last = rows.back().second;
  }
  writer.join();
}

TEST_P(StoreConformance, ABulkWriteIsSeenWholeOnceItHasFinished) {
  put(Table::kModel, "a", "old");
  put(Table::kModel, "c", "old");
  put(Table::kModel, "own", "old");
  auto bulk = store_->bulk_write(Table::kModel).value();
  EXPECT_TRUE(bulk->add("a", "new").ok());
  EXPECT_TRUE(bulk->add("b", "new").ok());
  put(Table::kModel, "own", "newer");
  EXPECT_TRUE(bulk->add("c", std::nullopt).ok());
  bulk->gap();
  EXPECT_TRUE(bulk->add("z", "new").ok());
  EXPECT_THAT(scan(Table::kModel, "", ""),
              ElementsAre(std::pair("a", "old"), std::pair("c", "old"), std::pair("own", "newer")));
  EXPECT_TRUE(bulk->finish().ok());
  const auto rows =
      ElementsAre(std::pair("a", "new"), std::pair("b", "new"), std::pair("own", "newer"), std::pair("z", "new"));
  EXPECT_THAT(scan(Table::kModel, "", ""), rows);
  bulk.reset();
  EXPECT_THAT(scan(Table::kModel, "", ""), rows);
  put(Table::kModel, "a", "newest");
  EXPECT_EQ(get(Table::kModel, "a"), "newest");
}

TEST_P(StoreConformance, AnAbandonedBulkWriteChangesNothing) {
  for (int i = 0; i < 2; ++i) {
    auto bulk = store_->bulk_write(Table::kModel).value();
    EXPECT_TRUE(bulk->add("a", std::string(10'000, 'a')).ok());
  }
  EXPECT_THAT(scan(Table::kModel, "", ""), IsEmpty());
  EXPECT_TRUE(store_->bulk_write(Table::kModel).value()->finish().ok()) << "nothing to write";
}

TEST_P(StoreConformance, AgreesWithAMapUnderRandomOperations) {
  Random random(7);
  std::map<Table, std::map<std::string, std::string>> expected;
  for (int commit = 0; commit < 50; ++commit) {
    WriteBatch batch;
    for (int i = 0; i < 80; ++i) {
      const Table table = i % 2 == 0 ? Table::kDirty : Table::kUsers;
      const std::string key = std::to_string(random.below(200));
      if (random.below(3) == 0) {
        batch.erase(table, key);
        expected[table].erase(key);
      } else {
        const std::string value = std::to_string(random.next());
        batch.put(table, key, value);
        expected[table][key] = value;
      }
    }
    ASSERT_TRUE(store_->commit(batch).ok());
    for (const auto& [table, rows] : expected) {
      ASSERT_EQ(scan(table, "", ""), Rows(rows.begin(), rows.end())) << table_name(table);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, StoreConformance, ::testing::Values(Implementation::kMemory, Implementation::kRocks),
                         [](const auto& param) { return param.param == Implementation::kMemory ? "Memory" : "Rocks"; });

}  // namespace
}  // namespace millrace::testing
