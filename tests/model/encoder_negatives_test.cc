#include "model/families/encoder_negatives.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "model/nn/sampled_softmax.h"

namespace millrace::encoder {
namespace {

nn::EmbeddingTable table_of(std::uint32_t items) {
  nn::EmbeddingTable table({.dimension = 16});
  for (std::uint32_t item = 0; item < items; ++item) table.touch(item, item);
  return table;
}

TEST(RecentItems, CountsWhatIsInItsWindow) {
  RecentItems recent(3);
  for (const std::uint32_t item : {7U, 7U, 8U, 9U}) recent.add(ItemIndex{item});
  EXPECT_EQ(recent.size(), 3U);
  EXPECT_EQ(recent.count(ItemIndex{7}), 1U);
  EXPECT_EQ(recent.count(ItemIndex{9}), 1U);
  recent.add(ItemIndex{9});
  EXPECT_EQ(recent.count(ItemIndex{7}), 0U);
  EXPECT_EQ(recent.count(ItemIndex{9}), 2U);
}

TEST(RecentItems, SavesIncrementallyAcrossTheWrapOfItsRing) {
  constexpr std::size_t kWindow = 2'500;  // not a multiple of the chunk
  RecentItems recent(kWindow);
  std::map<std::string, std::string> rows;
  const auto sink = [&](const std::string& key, const std::string& value) { rows[key] = value; };
  Random random(1);
  std::uint64_t added = 0;
  for (const std::size_t count : {700U, 1'500U, 299U, 1U, 1U, 900U, 3'000U, 40U, 1'024U}) {
    for (std::size_t i = 0; i < count; ++i) recent.add(ItemIndex{static_cast<std::uint32_t>(random.below(90))});
    added += count;
    recent.save(sink, false);
    RecentItems other(kWindow);
    for (const auto& [key, value] : rows) ASSERT_TRUE(other.load(key, value).ok());
    ASSERT_TRUE(other.loaded().ok());
    ASSERT_EQ(other.size(), std::min<std::uint64_t>(added, kWindow));
    for (std::size_t i = 0; i < recent.size(); ++i) ASSERT_EQ(other.at(i), recent.at(i)) << "after " << added;
    for (std::uint32_t item = 0; item < 90; ++item) {
      ASSERT_EQ(other.count(ItemIndex{item}), recent.count(ItemIndex{item}));
    }
  }
}

TEST(RecentItems, SavesOnlyWhatIsNew) {
  RecentItems recent(10'000);
  for (int i = 0; i < 5'000; ++i) recent.add(ItemIndex{1});
  std::size_t calls = 0;
  const auto sink = [&](const std::string&, const std::string&) { ++calls; };
  recent.save(sink, false);
  EXPECT_EQ(calls, 6U);  // five chunks and the count
  calls = 0;
  recent.add(ItemIndex{2});
  recent.save(sink, false);
  EXPECT_EQ(calls, 2U);
  calls = 0;
  recent.save(sink, false);
  EXPECT_EQ(calls, 0U);
}

TEST(Negatives, AreAllRowsWhereTheCatalogueIsSmall) {
  nn::EmbeddingTable table = table_of(40);
  RecentItems recent(100);
  recent.add(ItemIndex{3});
  LocalRows locals;
  locals.start(table.rows());
  nn::Arena arena;
  Random random(1);
  const auto offsets = draw_negatives(table, recent, 64, random, locals, arena);
  EXPECT_EQ(offsets.size(), nn::kNegativeBlock);
  for (std::size_t k = 0; k < 40; ++k) EXPECT_EQ(offsets[k], 0.0F);
  EXPECT_TRUE(std::isinf(offsets[40]));
  EXPECT_EQ(locals.rows()[39], 39U);
  EXPECT_EQ(locals.rows()[40], nn::EmbeddingTable::kNoRow);
}

TEST(Negatives, OffsetsAreTheExpectedNumberOfDraws) {
  nn::EmbeddingTable table = table_of(1'000);
  RecentItems recent(100);
  for (int i = 0; i < 100; ++i) recent.add(ItemIndex{i < 90 ? 5U : 6U});
  LocalRows locals;
  nn::Arena arena;
  Random random(2);
  locals.start(table.rows());
  const auto offsets = draw_negatives(table, recent, 20, random, locals, arena);
  std::set<std::uint32_t> distinct;
  for (std::size_t k = 0; k < offsets.size() && !std::isinf(offsets[k]); ++k) {
    const std::uint32_t row = locals.rows()[k];
    EXPECT_TRUE(distinct.insert(row).second);
    const double uniform = 10.0 / 1'000.0;
    const double q = uniform + (row == 5 ? 9.0 : row == 6 ? 1.0 : 0.0);
    EXPECT_NEAR(offsets[k], -std::log(std::min(q, 1.0)), 1e-6);
  }
  EXPECT_TRUE(distinct.contains(5));
  EXPECT_GT(distinct.size(), 9U);
}

}  // namespace
}  // namespace millrace::encoder
