#include <gtest/gtest.h>

#include <map>

#include "core/random.h"
#include "model/nn/embedding_table.h"

namespace millrace::nn {
namespace {

constexpr std::size_t kDepth = 16;
constexpr std::uint32_t kNoRow = EmbeddingTable::kNoRow;
using Rows = std::map<std::string, std::string>;

void save_into(EmbeddingTable& table, Rows& rows, bool all = false) {
  table.save(
      [&](std::string key, std::optional<std::string> value) {
        if (value) {
          rows[key] = *value;
        } else {
          rows.erase(key);
        }
      },
      all);
}

EmbeddingTable restored(const EmbeddingOptions& options, const Rows& rows) {
  EmbeddingTable table(options);
  for (const auto& [key, value] : rows) EXPECT_TRUE(table.load(key, value).ok());
  EXPECT_TRUE(table.loaded().ok());
  return table;
}

std::uint32_t put(EmbeddingTable& table, std::uint32_t key, std::uint64_t clock, float weight) {
  const std::uint32_t row = table.touch(key, clock).row;
  table.vector(row, 0)[0] = weight;
  table.mark(row);
  return row;
}

TEST(EmbeddingTable, GrowsWithNewIdsWithoutMovingOldOnes) {
  EmbeddingTable table({.dimension = kDepth});
  put(table, 100, 0, 1.5F);
  const float* address = table.vector(0, 0);
  for (std::uint32_t key = 0; key < 5000; ++key) table.touch(key, key + 1);
  EXPECT_EQ(table.rows(), 5000U);  // 100 is one of them
  EXPECT_EQ(table.find(100), 0U);
  EXPECT_EQ(table.vector(0, 0), address);
  EXPECT_EQ(address[0], 1.5F);
  EXPECT_EQ(table.key_of(0), 100U);
  EXPECT_EQ(table.find(5000), kNoRow);
}

TEST(EmbeddingTable, AdmitsByCount) {
  EmbeddingTable table({.dimension = kDepth, .admit_count = 3});
  EXPECT_EQ(table.touch(7, 0).row, kNoRow);
  EXPECT_EQ(table.touch(7, 1).row, kNoRow);
  const auto third = table.touch(7, 2);
  EXPECT_TRUE(third.admitted);
  EXPECT_EQ(third.row, 0U);
  EXPECT_FALSE(table.touch(7, 3).admitted);
}

TEST(EmbeddingTable, EvictsTheLongestUntouchedAtItsCap) {
  EmbeddingTable table({.dimension = kDepth, .max_rows = 3});
  put(table, 1, 0, 1.0F);
  put(table, 2, 1, 2.0F);
  put(table, 3, 2, 3.0F);
  table.touch(1, 3);
  put(table, 4, 4, 4.0F);
  EXPECT_EQ(table.rows(), 3U);
  EXPECT_EQ(table.find(2), kNoRow);
  EXPECT_EQ(table.vector(table.find(1), 0)[0], 1.0F);
  EXPECT_EQ(table.vector(table.find(3), 0)[0], 3.0F);
  EXPECT_EQ(table.vector(table.find(4), 0)[0], 4.0F);
}

TEST(EmbeddingTable, ExpiresWhatIsUntouched) {
  EmbeddingTable table({.dimension = kDepth, .expire_after = 10});
  put(table, 1, 0, 1.0F);
  put(table, 2, 5, 2.0F);
  table.touch(3, 11);
  EXPECT_EQ(table.find(1), kNoRow);
  EXPECT_NE(table.find(2), kNoRow);
}

TEST(EmbeddingTable, AnIdThatComesBackStartsAfresh) {
  EmbeddingTable table({.dimension = kDepth, .max_rows = 1});
  put(table, 1, 0, 1.0F);
  put(table, 2, 1, 2.0F);
  EXPECT_EQ(table.vector(table.touch(1, 2).row, 0)[0], 0.0F);
}

TEST(EmbeddingTable, WaitingIdsAreBoundedToo) {
  EmbeddingTable table({.dimension = kDepth, .max_rows = 100, .admit_count = 2});
  for (std::uint32_t key = 0; key < 100'000; ++key) table.touch(key, key);
  EXPECT_EQ(table.rows(), 0U);
  EXPECT_LT(table.memory_bytes(), 2U * 1024 * 1024);
}

TEST(EmbeddingTable, StaleRowsAreThoseMarkedOrMoved) {
  EmbeddingTable table({.dimension = kDepth, .max_rows = 3});
  for (std::uint32_t key = 0; key < 3; ++key) table.touch(key, key);
  EXPECT_EQ(table.take_stale(), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(table.take_stale().empty());
  table.mark(1);
  EXPECT_EQ(table.take_stale(), std::vector<std::uint32_t>{1});
  table.touch(9, 3);  // evicts key 0 at row 0: row 2 moves there and the new one is row 2
  EXPECT_EQ(table.take_stale(), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(table.key_of(0), 2U);
}

TEST(EmbeddingTable, SaveHandsOverOnlyWhatChanged) {
  EmbeddingTable table({.dimension = kDepth, .max_rows = 2});
  put(table, 1, 0, 1.0F);
  put(table, 2, 1, 2.0F);
  Rows rows;
  save_into(table, rows);
  EXPECT_EQ(rows.size(), 2U);
  std::size_t calls = 0;
  table.save([&](std::string, std::optional<std::string>) { ++calls; }, false);
  EXPECT_EQ(calls, 0U);
  table.touch(3, 2);
  save_into(table, rows);
  EXPECT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows.contains(std::string("\0\0\0\1", 4)));
}

// A stream with admissions, expiry and evictions, saved in the middle and at the end.
void run(EmbeddingTable& table, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t clock = from; clock < to; ++clock) {
    Random random(5, clock);
    const auto touched = table.touch(static_cast<std::uint32_t>(random.below(60)), clock);
    if (touched.row == kNoRow) continue;
    for (std::size_t v = 0; v < 3; ++v) table.vector(touched.row, v)[v] += static_cast<float>(clock);
    table.mark(touched.row);
  }
}

TEST(EmbeddingTable, SaveRestoreContinueEqualsTheUninterruptedRun) {
  const EmbeddingOptions options{.dimension = kDepth, .max_rows = 30, .admit_count = 2, .expire_after = 80};
  EmbeddingTable straight(options);
  Rows rows;
  run(straight, 0, 300);
  save_into(straight, rows);
  run(straight, 300, 500);
  save_into(straight, rows);
  EmbeddingTable second = restored(options, rows);
  run(straight, 500, 900);
  run(second, 500, 900);
  save_into(straight, rows);
  Rows a;
  Rows b;
  save_into(straight, a, true);
  save_into(second, b, true);
  EXPECT_GT(a.size(), 20U);
  EXPECT_TRUE(a == b) << "rows of the restored table differ";
  EXPECT_TRUE(a == rows) << "what was saved bit by bit differs from what is saved at once";
}

TEST(EmbeddingTable, RefusesForeignBytes) {
  EmbeddingTable table({.dimension = kDepth});
  put(table, 1, 0, 1.0F);
  Rows rows;
  save_into(table, rows);
  const auto& [key, value] = *rows.begin();
  EmbeddingTable other({.dimension = 32});
  EXPECT_FALSE(other.load(key, value).ok());
  EXPECT_FALSE(other.load("", value).ok());
  EXPECT_FALSE(other.load(key, "").ok());
  EXPECT_EQ(other.rows(), 0U);
}

TEST(EmbeddingTable, RefusesAHoleInItsRows) {
  EmbeddingTable table({.dimension = kDepth});
  put(table, 1, 0, 1.0F);
  put(table, 2, 1, 1.0F);
  Rows rows;
  save_into(table, rows);
  rows.erase(rows.begin());
  EmbeddingTable other({.dimension = kDepth});
  for (const auto& [key, value] : rows) EXPECT_TRUE(other.load(key, value).ok());
  EXPECT_FALSE(other.loaded().ok());
}

}  // namespace
}  // namespace millrace::nn
