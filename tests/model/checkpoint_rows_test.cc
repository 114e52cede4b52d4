// A checkpoint's rows in memory.
#include "model/checkpoint_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/bytes.h"
#include "core/random.h"
#include "model/model_rows.h"

namespace millrace {
namespace {

using Rows = std::map<std::string, std::optional<std::string>>;

// In the order they stand there.
std::vector<std::pair<std::string, std::optional<std::string>>> listed(const CheckpointRows& rows) {
  std::vector<std::pair<std::string, std::optional<std::string>>> list;
  for (const auto& [key, value] : rows.rows()) list.emplace_back(key, value);
  return list;
}

void add(CheckpointRows& rows, std::size_t part, const std::string& owner, const std::string& table,
         const std::string& key, const std::optional<std::string>& value, Rows& expected) {
  rows.sink(part, owner)(table, key, value);
  expected[model_row_key(owner, table, key)] = value;
}

TEST(CheckpointRows, AreInTheOrderOfTheirKeysWhateverTheOrderTheyCameIn) {
  Random random(3);
  CheckpointRows rows;
  for (int checkpoint = 0; checkpoint < 50; ++checkpoint) {
    Rows expected;
    rows.begin(3);
    for (std::size_t part = 0; part < 3; ++part) {
      const std::string owner = "owner" + std::to_string((part + 2) % 3);
      for (const char* table : {"m", "a", "z"}) {
        const bool in_order = random.below(2) == 0;
        for (std::uint64_t i = 0; i < random.below(40); ++i) {
          const auto key = key_u32(static_cast<std::uint32_t>(in_order ? i : i * 7919 % 41));
          add(rows, part, owner, table, key,
              random.below(5) == 0 ? std::nullopt : std::optional(std::string(random.below(300), 'v')), expected);
        }
      }
    }
    rows.finish();
    std::uint64_t bytes = 0;
    for (const auto& [key, value] : expected) bytes += key.size() + value.value_or("").size();
    EXPECT_EQ(rows.bytes(), bytes);
    EXPECT_THAT(listed(rows), ::testing::ElementsAreArray(expected.begin(), expected.end()));
  }
}

TEST(CheckpointRows, ForgetTheLastCheckpoint) {
  CheckpointRows rows;
  Rows ignored;
  rows.begin(2);
  add(rows, 1, "a", "t", "1", "one", ignored);
  rows.finish();
  ASSERT_EQ(rows.rows().size(), 1U);
  rows.begin(1);
  rows.finish();
  EXPECT_TRUE(rows.rows().empty());
  EXPECT_EQ(rows.bytes(), 0U);
}

}  // namespace
}  // namespace millrace
