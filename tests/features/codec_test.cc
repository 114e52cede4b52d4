// Golden bytes: a change here is a change of a stored format and needs a new version byte and a rule for upgrades.
#include <gtest/gtest.h>

#include "core/bytes.h"
#include "features/catalogue_codec.h"
#include "features/item_names.h"
#include "features/item_state.h"
#include "features/neighbours.h"
#include "features/user_state.h"
#include "tests/golden.h"

namespace millrace {
namespace {

using testing::hex;

UserState sample_user() {
  UserState user;
  user.index = UserIndex{300};
  user.session = 7;
  user.session_key = 0x0102030405060708ULL;
  user.first_seen = Millis{1000};
  user.last_seen = Millis{5000};
  user.interactions = 3;
  user.rating_sum = 4.5;
  user.rating_count = 1;
  user.reference = Millis{1000};
  user.kinds = {1.0, 0.5};
  user.categories = {{10, 1.0F}, {300, 2.0F}};
  user.history = {{ItemIndex{0}, KindIndex{0}, Millis{1000}, 0.0F},
                  {kUnknownItem, KindIndex{1}, Millis{4000}, 0.0F},
                  {ItemIndex{4}, KindIndex{2}, Millis{5000}, 4.5F}};
  user.sessions = {6, 7, 7};
  user.seen = {{ItemIndex{0}, 2, Millis{1000}}, {ItemIndex{4}, 1, Millis{5000}}};
  user.seen_units = {12.0F, 1.0F};
  return user;
}

ItemState sample_item() {
  ItemState item;
  item.first_seen = Millis{600'000};
  item.last_seen = Millis{900'000};
  item.interactions = 3;
  item.clicks = 2;
  item.purchases = 1;
  item.rating_sum = 4.0;
  item.relative_rating_sum = -0.5;
  item.rating_count = 1;
  item.price = 2.5F;
  item.price_listed = true;
  item.price_time = Millis{900'000};
  item.reference = Millis{600'000};
  item.kinds = {2.0, 4.0};
  for (const std::int64_t time : {600'000, 650'000, 900'000}) {
    item.hour.add(Millis{time}, 1);
    item.day.add(Millis{time}, 1);
    item.week.add(Millis{time}, 1);
  }
  item.categories = {1, 0xfffefdfc};
  return item;
}

TEST(FeatureCodecTest, UserBytesAreFrozen) {
  EXPECT_EQ(hex(encode_user(sample_user())),
            "01ac02070807060504030201d00fc03e030000000000001240010002000000000000f03f000000000000e03f02"
            "0a0000803fa2020000004003"
            "02000001"
            "0001f02e02"
            "0b02d00f0000009040"
            "020005c03e000040410402"
            "00");
}

TEST(FeatureCodecTest, ItemBytesAreFrozen) {
  EXPECT_EQ(hex(encode_item(sample_item())),
            "01809f49c0cf240302010000000000001040000000000000e0bf0100002040"
            "01c0cf24000200000000000000400000000000001040"
            "0106010200000000000000000000010003000000000000000000000000000000000000000000000001000300000000000002010000"
            "00fcfdfeff");
}

TEST(FeatureCodecTest, NeighbourBytesAreFrozen) {
  const NeighbourRow row{Millis{1000}, Millis{3000}, {{2, 1.0F}, {5, 0.5F}}};
  EXPECT_EQ(hex(encode_neighbours(row)), "01d00fa01f02020000803f030000003f");
  EXPECT_EQ(hex(neighbour_key({ItemIndex{0x01020304}, Relation::kTogether})), "0102030401");
}

TEST(FeatureCodecTest, ContentBytesAreFrozen) {
  const ItemContent content{"Mug", "Holds tea", {"kitchen", "gift"}, 2.5F, false, {1.0F}};
  EXPECT_EQ(hex(encode_content(content)),
            "01034d756709486f6c647320746561"
            "02076b69746368656e0467696674"
            "0000204000010000803f");
}

TEST(FeatureCodecTest, ItemIdBytesAreFrozen) {
  ItemNames names(1000);
  for (int i = 0; i <= 300; ++i) names.add(ItemId("item-" + std::to_string(i)));
  WriteBatch batch;
  names.flush(batch);
  EXPECT_EQ(batch.operations()[300].table, Table::kItemIds);
  EXPECT_EQ(batch.operations()[300].key, "item-300");
  EXPECT_EQ(hex(batch.operations()[300].value.value()), "01ac02");
}

TEST(FeatureCodecTest, CategoryHashIsFrozen) { EXPECT_EQ(category_hash("kitchen"), 1136862354U); }

TEST(FeatureCodecTest, WhatWasWrittenIsReadBack) {
  EXPECT_EQ(*decode_user(encode_user(sample_user())), sample_user());
  EXPECT_EQ(*decode_user(encode_user(UserState{})), UserState{});
  EXPECT_EQ(*decode_item(encode_item(sample_item())), sample_item());
  EXPECT_EQ(*decode_item(encode_item(ItemState{})), ItemState{});
  const NeighbourRow row{Millis{-5}, Millis{3000}, {{2, 1.0F}, {4'000'000'000U, 0.5F}}};
  EXPECT_EQ(*decode_neighbours(encode_neighbours(row)), row);
  const ItemContent content{"t", "", {"a"}, 0.0F, true, {}};
  EXPECT_EQ(*decode_content(encode_content(content)), content);
}

TEST(FeatureCodecTest, EveryCutOfARowIsRefused) {
  const std::string user = encode_user(sample_user());
  for (std::size_t size = 0; size < user.size(); ++size) {
    EXPECT_FALSE(decode_user(std::string_view(user).substr(0, size)).ok()) << size;
  }
  const std::string item = encode_item(sample_item());
  for (std::size_t size = 0; size < item.size(); ++size) {
    EXPECT_FALSE(decode_item(std::string_view(item).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(decode_user(user + "x").ok());
  EXPECT_FALSE(decode_item(item + "x").ok());
}

TEST(FeatureCodecTest, ANewerVersionIsRefusedByItsNumber) {
  std::string bytes = encode_user(sample_user());
  bytes[0] = 9;
  const auto user = decode_user(bytes);
  ASSERT_FALSE(user.ok());
  EXPECT_EQ(user.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_user("").error().code, ErrorCode::kCorruption);
  EXPECT_NE(user.error().message.find("version 9"), std::string::npos) << user.error().message;
}

// A count far beyond the bytes that follow must not become an allocation.
TEST(FeatureCodecTest, AHugeCountIsRefusedWithoutMemory) {
  ByteWriter out;
  out.u8(1);
  out.zigzag(0);
  out.zigzag(0);
  out.varint(1ULL << 60);
  EXPECT_FALSE(decode_neighbours(out.bytes()).ok());
}

}  // namespace
}  // namespace millrace
