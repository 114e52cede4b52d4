// Golden bytes of what the encoder stores: a change here is a change of a stored format and needs a new version byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "model/families/encoder_state.h"
#include "tests/golden.h"
#include "tests/model/family_testing.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

ModelOptions small_options() {
  ModelOptions options;
  options.kinds = three_kinds();
  options.encoder.dimension = 16;
  options.encoder.length = 2;
  options.encoder.recent_window = 3;
  options.encoder.token_buckets = 8;
  options.encoder.admit_count = 2;
  return options;
}

// Vector `v` is all v + 1, but for the second number of the first.
void fill(nn::EmbeddingTable& table, std::uint32_t row, std::size_t vectors) {
  for (std::size_t v = 0; v < vectors; ++v) std::fill_n(table.vector(row, v), 16, static_cast<float>(v + 1));
  table.vector(row, 0)[1] = 0.5F;
  table.mark(row);
}

const std::string kVectors =
    "0000803f 0000003f" + times(14, "0000803f") + times(16, "00000040") + times(16, "00004040");

class GoldenEncoderRows : public ::testing::Test {
 protected:
  // Of one table.
  HexRows rows(const std::string& table) {
    HexRows all;
    state_.save(hex_sink(all), true);
    HexRows wanted;
    for (const auto& [at, value] : all) {
      if (at.starts_with(table + "/")) wanted[at.substr(table.size() + 1)] = value;
    }
    return wanted;
  }

  ItemTable facts_ = item_table(20);
  encoder::State state_{small_options(), facts_};
};

TEST_F(GoldenEncoderRows, OfItems) {
  state_.items.touch(5, 300);
  fill(state_.items, state_.items.touch(5, 301).row, 4);
  state_.items.touch(7, 302);
  EXPECT_THAT(
      rows("items"),
      ElementsAre(Pair("00000005", packed("01 02 2d01000000000000 00000000" + kVectors + times(16, "00008040"))),
                  Pair("00000007", packed("01 01 2e01000000000000 ffffffff"))));
}

TEST_F(GoldenEncoderRows, OfItemsWithoutContentLackTheTokensMean) {
  ModelOptions options = small_options();
  options.encoder.use_categories = options.encoder.use_titles = false;
  options.encoder.admit_count = 1;
  encoder::State state(options, facts_);
  state.items.touch(4, 0);
  fill(state.items, state.items.touch(5, 300).row, 3);
  HexRows rows;
  state.save(hex_sink(rows), true);
  EXPECT_EQ(rows["items/00000005"], packed("01 01 2c01000000000000 01000000" + kVectors));
}

TEST_F(GoldenEncoderRows, OfTokens) {
  nn::EmbeddingTable& tokens = state_.content.table();
  fill(tokens, tokens.touch(3, 0).row, 3);
  EXPECT_THAT(rows("tokens"), ElementsAre(Pair("00000003", packed("01 01 0000000000000000 00000000" + kVectors))));
}

std::string dense_row(std::string_view shape, std::size_t size) {
  return packed("01" + std::string(shape) + times(size, "0000803f") + times(size, "00000040") +
                times(size, "00004040"));
}

TEST_F(GoldenEncoderRows, OfDenseParameters) {
  encoder::Parameters& p = state_.parameters;
  for (nn::Parameter* parameter : {&p.log_scale, &p.repeat_bias, &p.position_bias, &p.position, &p.kind, &p.gap, &p.key,
                                   &p.last, &p.query, &p.user, &p.start}) {
    std::fill_n(parameter->value.data, parameter->value.size(), 1.0F);
    std::fill_n(parameter->mean.data, parameter->mean.size(), 2.0F);
    std::fill_n(parameter->variance.data, parameter->variance.size(), 3.0F);
  }
  const auto named = [](const char* name, std::string_view shape, std::size_t size) {
    return std::pair(hex(name), dense_row(shape, size));
  };
  const HexRows expected{
      named("log_scale", "01 01", 1),     named("repeat_bias", "01 02", 2), named("position_bias", "01 02", 2),
      named("position", "02 10", 2 * 16), named("kind", "03 10", 3 * 16),   named("gap", "28 10", 40 * 16),
      named("key", "10 10", 16 * 16),     named("last", "10 10", 16 * 16),  named("query", "01 10", 16),
      named("user", "10 10", 16 * 16),    named("start", "01 10", 16)};
  EXPECT_EQ(rows("dense"), expected);
}

TEST_F(GoldenEncoderRows, OfDenseParametersGoRowByRow) {
  nn::ParameterSet set;
  const nn::Matrix value = set.add("p", 2, 3).value;
  for (std::size_t i = 0; i < value.size(); ++i) value.row(i / 3)[i % 3] = static_cast<float>(i + 1);
  HexRows rows;
  set.save([&](const std::string& name, const std::string& row) { rows[name] = hex(row); });
  EXPECT_THAT(rows, ElementsAre(Pair("p", packed("01 02 03 0000803f 00000040 00004040 00008040 0000a040 0000c040" +
                                                 times(12, "00000000")))));
}

TEST_F(GoldenEncoderRows, OfRecentItems) {
  for (const std::uint32_t item : {10U, 11U, 12U, 13U}) state_.recent.add(ItemIndex{item});
  EXPECT_THAT(rows("recent"), ElementsAre(Pair("00000000", packed("01 0d000000 0b000000 0c000000")),
                                          Pair(hex("added"), packed("01 04"))));
}

TEST_F(GoldenEncoderRows, OfRecentItemsAreChunksOf1024) {
  encoder::RecentItems recent(2000);
  for (std::uint32_t item = 0; item < 1025; ++item) recent.add(ItemIndex{item});
  HexRows rows;
  recent.save([&](const std::string& key, const std::string& row) { rows[hex(key)] = hex(row); }, true);
  EXPECT_EQ(rows["00000000"].size(), 2U * (1 + 4 * 1024));
  EXPECT_EQ(rows["00000001"], packed("01 00040000"));
}

TEST_F(GoldenEncoderRows, OfStepsIsABareNumber) {
  state_.steps = 258;
  EXPECT_THAT(rows("steps"), ElementsAre(Pair("", "0000000000000102")));
}

}  // namespace
}  // namespace millrace::testing
