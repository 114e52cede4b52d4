// Golden bytes: a change here is a change of a stored format and needs a new version byte.
#include "model/model_rows.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

ItemFacts sample() {
  ItemFacts facts;
  facts.available = false;
  facts.price = 1.0F;
  facts.tokens = {0x01020304, 7};
  facts.categories = 1;
  return facts;
}

const std::string kBeforeCategories("\x01\x00\x00\x00\x80\x3f\x02\x04\x03\x02\x01\x07\x00\x00\x00", 15);

TEST(ItemFactsRow, HasItsLayout) {
  std::string expected = kBeforeCategories + "\x01";
  expected[0] = 2;
  EXPECT_EQ(encode_item_facts(sample()), expected);
  EXPECT_EQ(decode_item_facts(expected).value(), sample());
}

TEST(ItemFactsRow, OfTheFirstVersionHasNoCategories) {
  ItemFacts expected = sample();
  expected.categories = 0;
  EXPECT_EQ(decode_item_facts(kBeforeCategories).value(), expected);
}

TEST(ItemFactsRow, IsRefusedWhereItMakesNoSense) {
  const std::string good = encode_item_facts(sample());
  for (const std::string& bytes : {good.substr(0, good.size() - 1) + "\x03", good + "\x01", "\x03" + good.substr(1),
                                   good.substr(0, good.size() - 1)}) {
    EXPECT_FALSE(decode_item_facts(bytes).ok());
  }
}

}  // namespace
}  // namespace millrace
