// What categories say of a candidate, by hand.
#include "model/families/content.h"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "tests/model/family_testing.h"

namespace millrace {
namespace {

constexpr std::uint32_t kDrama = 7;
constexpr std::uint32_t kComedy = 8;
constexpr std::uint32_t kWord = 9;  // of a title

class ContentTest : public ::testing::Test {
 protected:
  ContentTest() {
    say(0, {kDrama});
    say(1, {kComedy});
    say(2, {kDrama, kComedy});
    say(4, {});
  }

  void say(std::uint32_t item, std::vector<std::uint32_t> categories) {
    ItemFacts facts;
    facts.categories = categories.size();
    facts.tokens = std::move(categories);
    facts.tokens.push_back(kWord);
    items_.set(ItemIndex{item}, std::move(facts));
  }
  static Context after(std::initializer_list<std::uint32_t> history) {
    Context context;
    for (const std::uint32_t item : history) context.history.push_back({ItemIndex{item}, {}, {}, 0.0F});
    return context;
  }
  void take(std::uint32_t item, float quantity = 1.0F) {
    Example example;
    example.item = ItemIndex{item};
    example.quantity = quantity;
    content_.observe(example);
  }
  static std::string counted(std::uint32_t count) {
    ByteWriter row;
    row.u8(1);
    row.varint(count);
    return row.take();
  }
  // Affinity, then overlap, of one item.
  std::pair<float, float> described(const Context& context, std::uint32_t item) {
    const std::vector<ItemIndex> items{ItemIndex{item}};
    std::vector<float> values(content_.columns().size());
    content_.describe(context, items, FeatureColumns(values, 1));
    return {values[0], values[1]};
  }

  ItemTable items_;
  ContentSource content_{items_};
};

TEST_F(ContentTest, NewerItemsOfTheHistoryWeighMore) {
  const Context context = after({1, 0});
  const float newest = 1.0F / (1.0F + std::sqrt(0.5F));
  EXPECT_FLOAT_EQ(described(context, 0).second, newest);
  EXPECT_FLOAT_EQ(described(context, 1).second, 1.0F - newest);
  EXPECT_FLOAT_EQ(described(context, 2).second, 1.0F);
  EXPECT_FLOAT_EQ(described(after({2}), 0).second, 0.5F) << "an item's categories share its weight";
}

TEST_F(ContentTest, AffinityIsAgainstWhatAllTake) {
  for (const std::uint32_t item : {0U, 0U, 0U, 2U}) take(item);
  take(1, -1.0F);  // a return says nothing
  const Context context = after({0});
  const float drama = std::log(1.05F / (0.5F * 1.0F + 0.02F));
  const float comedy = std::log(0.05F / (0.5F * 0.25F + 0.02F));
  EXPECT_NEAR(described(context, 0).first, drama, 1e-5F);
  EXPECT_NEAR(described(context, 1).first, comedy, 1e-5F);
  EXPECT_NEAR(described(context, 2).first, (drama + comedy) / 2.0F, 1e-5F);
}

TEST_F(ContentTest, NothingIsSaidWhereNothingIsKnown) {
  const std::pair nothing(0.0F, 0.0F);
  take(0);
  EXPECT_EQ(described(after({}), 0), nothing);
  EXPECT_EQ(described(after({4, 3}), 0), nothing) << "a history without categories";
  Context stranger = after({77});
  stranger.history.push_back({kUnknownItem, {}, {}, 0.0F});
  EXPECT_EQ(described(stranger, 0), nothing);
  EXPECT_EQ(described(after({0}), 4), nothing) << "an item without categories";
  EXPECT_EQ(described(after({0}), 77), nothing);
}

TEST_F(ContentTest, TheMostCategoriesThatAnItemHasStayWithinFloats) {
  std::vector<std::uint32_t> many;
  for (std::uint32_t c = 0; c < kMaxTokens; ++c) many.push_back(100 + c);
  say(5, many);
  for (int i = 0; i < 100; ++i) take(5);
  const float rare = std::log(0.05F / 0.52F);
  EXPECT_NEAR(described(after({0}), 5).first, rare, 1e-4F);
  EXPECT_TRUE(std::isfinite(described(after({5}), 5).first));
}

TEST_F(ContentTest, CountsAreHalvedBeforeTheyGrowTooLarge) {
  ASSERT_TRUE(content_.load("c", key_u32(kDrama), counted(6)).ok());
  ASSERT_TRUE(content_.load("c", key_u32(kComedy), counted(1)).ok());
  ASSERT_TRUE(content_.load("c", key_u32(ContentSource::kBuckets), counted(ContentSource::kMostTaken - 1)).ok());
  take(0);
  Rows rows{{{"c", key_u32(kComedy)}, counted(1)}};
  save_into(rows, content_, false);
  EXPECT_EQ(rows, (Rows{{{"c", key_u32(kDrama)}, counted(3)},
                        {{"c", key_u32(ContentSource::kBuckets)}, counted(ContentSource::kMostTaken / 2)}}));
  EXPECT_EQ(content_.rows(), 1U);
}

TEST_F(ContentTest, RowsThatItCannotReadAreRefused) {
  EXPECT_FALSE(content_.load("x", key_u32(1), std::string("\1\5", 2)).ok());
  EXPECT_FALSE(content_.load("c", "k", std::string("\1\5", 2)).ok());
  EXPECT_FALSE(content_.load("c", key_u32(1), std::string("\2\5", 2)).ok());
  EXPECT_FALSE(content_.load("c", key_u32(1), std::string("\1\5\5", 3)).ok());
  EXPECT_FALSE(content_.load("c", key_u32(65'537), std::string("\1\5", 2)).ok());
  EXPECT_TRUE(content_.load("c", key_u32(65'536), std::string("\1\5", 2)).ok());
}

}  // namespace
}  // namespace millrace
