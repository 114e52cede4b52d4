#include "model/families/keyed_slots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "model/families/factor_table.h"

namespace millrace {
namespace {

using Rows = std::map<std::string, std::string>;

void save_into(Rows& rows, KeyedSlots& slots, bool all = false) {
  const RowSink sink = [&rows](std::string_view, const std::string& key, std::optional<std::string> value) {
    if (value) {
      rows[key] = *value;
    } else {
      rows.erase(key);
    }
  };
  slots.save("t", sink, all, [&slots](std::uint32_t slot, ByteWriter& out) { out.varint(slots.key_of(slot)); });
}

TEST(KeyedSlots, MakeRoomByDroppingTheOneUntouchedForLongest) {
  KeyedSlots slots(2);
  EXPECT_TRUE(slots.touch(10, 1).made);
  EXPECT_TRUE(slots.touch(20, 2).made);
  EXPECT_FALSE(slots.touch(10, 3).made);
  const auto [slot, made] = slots.touch(30, 4);
  EXPECT_TRUE(made);
  EXPECT_EQ(slots.find(20), KeyedSlots::kNone);
  EXPECT_EQ(slots.find(30), slot);
  EXPECT_NE(slots.find(10), KeyedSlots::kNone);
  EXPECT_EQ(slots.size(), 2U);
}

TEST(KeyedSlots, SaveOnlyWhatChangedAndEraseWhatWent) {
  KeyedSlots slots(2);
  slots.touch(10, 1);
  slots.touch(20, 2);
  Rows rows;
  save_into(rows, slots);
  EXPECT_EQ(rows.size(), 2U);
  Rows changed;
  save_into(changed, slots);
  EXPECT_TRUE(changed.empty());
  slots.touch(30, 3);
  save_into(rows, slots);
  EXPECT_THAT(rows, ::testing::UnorderedElementsAre(::testing::Key(key_u64(20)), ::testing::Key(key_u64(30))));
}

TEST(KeyedSlots, ForgetInTheSameOrderAfterRestoring) {
  KeyedSlots slots(3);
  for (const std::uint64_t key : {1U, 2U, 3U}) slots.touch(key, key);
  slots.touch(1, 4);
  Rows rows;
  save_into(rows, slots, true);
  KeyedSlots restored(3);
  for (const auto& [key, value] : rows) {
    ByteReader in(value);
    const auto slot = restored.load(key, in);
    ASSERT_TRUE(slot);
    EXPECT_EQ(in.varint(), read_key(key));
    EXPECT_EQ(*slot, slots.find(read_key(key)));
  }
  ASSERT_TRUE(restored.loaded());
  for (const std::uint64_t key : {4U, 5U, 6U}) {
    EXPECT_EQ(slots.touch(key, key + 4).slot, restored.touch(key, key + 4).slot);
  }
}

TEST(KeyedSlots, AMissingRowIsNoticed) {
  KeyedSlots slots(3);
  slots.touch(1, 1);
  slots.touch(2, 2);
  Rows rows;
  save_into(rows, slots, true);
  KeyedSlots restored(3);
  ByteReader in(rows.at(key_u64(2)));
  ASSERT_TRUE(restored.load(key_u64(2), in));
  EXPECT_FALSE(restored.loaded());
}

TEST(FactorTable, RowsBeginTheSameInWhateverOrderTheyAreMade) {
  FactorTable forwards({.dimension = 16});
  FactorTable backwards({.dimension = 16});
  for (const std::uint64_t key : {1U, 2U, 3U}) forwards.touch(key, key);
  for (const std::uint64_t key : {3U, 2U, 1U}) backwards.touch(key, 4 - key);
  for (const std::uint64_t key : {1U, 2U, 3U}) {
    const float* a = forwards.factors(forwards.find(key));
    const float* b = backwards.factors(backwards.find(key));
    EXPECT_TRUE(std::equal(a, a + 16, b)) << "key " << key;
    EXPECT_NE(a[0], 0.0F);
  }
}

}  // namespace
}  // namespace millrace
