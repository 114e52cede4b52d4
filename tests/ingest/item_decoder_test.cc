#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ingest/ingest_fixture.h"

namespace millrace {
namespace {

using testing::StartsWith;

Result<CatalogueChange> decoded(const std::string& json, const IngestOptions& options = test_options()) {
  return make_item_decoder(options)->decode(test_record(0, json, "i7"));
}

std::string refusal(const std::string& json) {
  const auto result = decoded(json);
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.error().disposition, Disposition::kDeadLetter);
  return result.error().message;
}

TEST(ItemDecoder, ReadsEveryField) {
  const auto change = decoded(
      R"({"title":"Mug","text":"Red","categories":["a","b"],"price":"2.5","available":false,"vector":[1,-2.5]})");
  ASSERT_TRUE(change.ok()) << change.error().message;
  EXPECT_EQ(change->item, ItemId("i7"));
  ASSERT_TRUE(change->content.has_value());
  EXPECT_EQ(*change->content, (ItemContent{"Mug", "Red", {"a", "b"}, 2.5F, false, {1.0F, -2.5F}}));
}

TEST(ItemDecoder, NothingIsRequired) {
  const auto change = decoded("{}");
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(*change->content, ItemContent());
}

TEST(ItemDecoder, ACategoryMayBeASingleText) {
  EXPECT_EQ(decoded(R"({"categories":"shoes"})")->content->categories, std::vector<std::string>{"shoes"});
}

TEST(ItemDecoder, ATombstoneTakesTheItemFromTheKey) {
  Record record = test_record(0, "", "i7");
  record.value.reset();
  IngestOptions options = test_options();
  options.items_mapping.item = "id";
  const auto change = make_item_decoder(options)->decode(record);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->item, ItemId("i7"));
  EXPECT_FALSE(change->content.has_value());
  EXPECT_EQ(decoded(R"({"id":42})", options)->item, ItemId("42"));
}

TEST(ItemDecoder, RefusesWithReasonAndDetail) {
  EXPECT_THAT(refusal("{"), StartsWith("bad_json: "));
  EXPECT_THAT(refusal(R"({"title":5})"), StartsWith("bad_content: title: found the number 5"));
  EXPECT_THAT(refusal(R"({"categories":[1]})"), StartsWith("bad_content: categories"));
  EXPECT_THAT(refusal(R"({"available":"perhaps"})"), StartsWith("bad_content: available"));
  EXPECT_THAT(refusal(R"({"vector":[1,"x"]})"), StartsWith("bad_content: vector"));
  EXPECT_THAT(refusal(R"({"vector":3})"), StartsWith("bad_content: vector"));
  EXPECT_THAT(refusal(R"({"price":-1})"), StartsWith("bad_price: "));
}

}  // namespace
}  // namespace millrace
