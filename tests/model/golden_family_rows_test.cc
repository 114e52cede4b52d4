// Golden bytes of what the counting families store: a change here is a change of a stored format and needs a new
// version byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/families/content.h"
#include "model/families/factor_table.h"
#include "model/families/factors.h"
#include "model/families/memory.h"
#include "model/families/popular.h"
#include "model/families/pulse.h"
#include "model/families/related.h"
#include "tests/golden.h"
#include "tests/model/family_testing.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Example taken(std::uint32_t item, Millis time = Millis{1000}) {
  Example example;
  example.item = ItemIndex{item};
  example.time = time;
  return example;
}

Example after(Example example, std::uint32_t earlier) {
  example.context.history = {{ItemIndex{earlier}, KindIndex{0}, example.time, 0.0F}};
  return example;
}

HexRows changed_rows(Family& family) {
  HexRows rows;
  family.save(hex_sink(rows), false);
  return rows;
}

HexRows all_rows_of(Family& family) {
  HexRows rows;
  family.save(hex_sink(rows), true);
  return rows;
}

class GoldenFamilyRows : public ::testing::Test {
 protected:
  void load(Family& family, std::string_view table, const std::string& key, std::string_view value) {
    const Status loaded = family.load(table, key, unhex(value));
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  }
  ItemTable items_ = item_table(10);
};

TEST_F(GoldenFamilyRows, OfMemory) {
  MemoryOptions options;
  options.sessions_per_item = 2;
  MemoryFamily memory(options, items_);
  std::uint64_t sequence = 300;
  for (const auto& [session, item] : {std::pair(1000U, 2U), {1001U, 2U}, {1002U, 2U}, {1002U, 0U}}) {
    Example example = taken(item);
    example.sequence = sequence++;
    example.context.session = session;
    memory.observe(example);
  }
  EXPECT_THAT(changed_rows(memory), ElementsAre(Pair("i/00000000", packed("01 01 00 01 04")),        //
                                                Pair("i/00000002", packed("01 03 01 02 04 01")),     //
                                                Pair("s/00000000", packed("01 e807 ac02 01 02")),    //
                                                Pair("s/00000001", packed("01 e907 ad02 01 02")),    //
                                                Pair("s/00000002", packed("01 ea07 af02 02 0200")),  //
                                                Pair("t/", packed("01 03 b002"))));
}

TEST_F(GoldenFamilyRows, OfPopular) {
  PopularFamily popular(PopularitySettings{}, items_);
  for (const std::uint32_t item : {3U, 1U, 3U}) popular.observe(taken(item));
  EXPECT_THAT(changed_rows(popular), ElementsAre(Pair("i/00000001", packed("01 000000000000f03f")),
                                                 Pair("i/00000003", packed("01 0000000000000040")),
                                                 Pair("t/", packed("01 0000000000000840 00 00"))));
}

TEST_F(GoldenFamilyRows, OfWhatIsPopularOfLate) {
  for (const char* name : {"trending", "rising", "habit"}) {
    const auto family = make_family(name, ModelOptions{}, items_).value();
    for (const std::uint32_t item : {3U, 1U, 3U}) family->observe(taken(item));
    EXPECT_THAT(changed_rows(*family), ElementsAre(Pair("i/00000001", packed("01 000000000000f03f")),
                                                   Pair("i/00000003", packed("01 0000000000000040")),
                                                   Pair("t/", packed("01 0000000000000840 d00f 01"))))
        << name;
  }
}

// After 2,000 days every sum over time is exactly 0.
TEST_F(GoldenFamilyRows, OfPulse) {
  PulseSource pulse;
  pulse.observe(taken(5));
  pulse.observe(taken(3, Millis{2000}));
  const Millis late{2000 + 2000 * kDay.count};
  pulse.observe(after(taken(3, late), 3));
  pulse.observe(after(taken(3, late), 3));
  const std::string one = "0000803f";
  EXPECT_THAT(changed_rows(pulse),
              ElementsAre(Pair("i/00000003",
                               packed("02 01 a01f 01 a09ff6ba870a 02 03 01 a09ff6ba870a 02" + times(8, "00000000") +
                                      times(11, one) + times(3, "00000040") + times(2, one))),
                          Pair("i/00000005", packed("02 00 d00f 00 d00f 01 01 01 d00f 01" + times(24, one))),
                          Pair("t/", packed("01 02 02 a09ff6ba870a"))));
}

TEST_F(GoldenFamilyRows, OfPulseInTheFirstVersionLackFirstVisits) {
  PulseSource pulse;
  const std::string two = "00000040";
  load(pulse, "i", key_u32(0), "01 00 d00f 00 d00f 01 01 01 d00f 01" + times(22, two));
  load(pulse, "t", "", "01 01 01 d00f");
  EXPECT_THAT(all_rows_of(pulse), ElementsAre(Pair("i/00000000", packed("02 00 d00f 00 d00f 01 01 01 d00f 01" +
                                                                        times(22, two) + times(2, "00000000"))),
                                              Pair("t/", packed("01 01 01 d00f"))));
}

// By bucket, and beside them how many they are of.
TEST_F(GoldenFamilyRows, OfContent) {
  ItemFacts facts;
  facts.tokens = {0x10007, 9};
  facts.categories = 1;
  items_.set(ItemIndex{4}, facts);
  ContentSource content(items_);
  load(content, "c", key_u32(8), "01 03");
  load(content, "c", key_u32(65'536), "01 ac02");
  content.observe(taken(4));
  EXPECT_THAT(changed_rows(content),
              ElementsAre(Pair("c/00000007", packed("01 01")), Pair("c/00010000", packed("01 ad02"))));
  EXPECT_THAT(all_rows_of(content),
              ElementsAre(Pair("c/00000007", packed("01 01")), Pair("c/00000008", packed("01 03")),
                          Pair("c/00010000", packed("01 ad02"))));
}

// So many events after its newest that what came together of late is exactly 0.
TEST_F(GoldenFamilyRows, OfRelated) {
  RelatedFamily related({}, items_);
  load(related, "i", key_u32(4), "02 03 01 02 00002040 0000c03f 0000003f 07");
  load(related, "t", "", "02 80897a");
  related.observe(after(taken(2), 4));
  EXPECT_THAT(changed_rows(related),
              ElementsAre(Pair("i/00000002", packed("02 01 01 04 0000803f 00000000 0000803f 80897a")),
                          Pair("i/00000004", packed("02 03 01 02 00006040 00002040 0000803f 80897a")),
                          Pair("t/", packed("02 81897a"))));
}

TEST_F(GoldenFamilyRows, OfRelatedInTheFirstVersionKnowTogetherAlone) {
  RelatedFamily related({}, items_);
  load(related, "i", key_u32(0), "01 03 01 02 00002040");
  load(related, "t", "", "01 07");
  EXPECT_THAT(all_rows_of(related), ElementsAre(Pair("i/00000000", packed("02 03 01 02 00002040 00000000 00000000 00")),
                                                Pair("t/", packed("02 07"))));
}

// Set against no other item, a touch moves the clocks alone.
TEST_F(GoldenFamilyRows, OfFactors) {
  FactorsOptions options;
  options.dimension = 16;
  FactorsFamily factors(options, 1);
  const std::string user = "00000040 00004040" + times(14, "00000000") + "00000000 00008040 00000000";
  const std::string item = "0000a040 0000e040" + times(14, "00000000") + "0000803f 00008041 00000041";
  load(factors, "lu", key_u64(9), "01 05 00" + user);
  load(factors, "li", key_u64(3), "01 06 00" + item);
  ASSERT_TRUE(factors.loaded().ok());
  Example example = taken(3);
  example.sequence = 300;
  example.context.user = UserIndex{9};
  EXPECT_EQ(score_one(factors, example.context, ItemIndex{3}), 2.0F * 5.0F + 3.0F * 7.0F + 1.0F);
  factors.observe(example);
  EXPECT_THAT(changed_rows(factors), ElementsAre(Pair("li/0000000000000003", packed("01 ac02 00" + item)),
                                                 Pair("lu/0000000000000009", packed("01 ac02 00" + user))));
}

TEST_F(GoldenFamilyRows, OfFactorsEndWithTheSumsOfSquaredGradients) {
  FactorTable table({.dimension = 16});
  ASSERT_TRUE(table.load(key_u64(9), unhex("01 05 00" + times(16, "00004040") + "0000803f 00004041 00008041")).ok());
  ASSERT_TRUE(table.loaded().ok());
  table.step(0, std::vector<float>(16, 2.0F).data(), 4.0F);
  table.step_bias(0, 3.0F, 5.0F);
  table.mark(0);
  HexRows rows;
  table.save("f", hex_sink(rows), false);
  EXPECT_THAT(rows, ElementsAre(Pair("f/0000000000000009",
                                     packed("01 05 00" + times(16, "0000803f") + "000000c0 00008041 0000c841"))));
}

}  // namespace
}  // namespace millrace::testing
