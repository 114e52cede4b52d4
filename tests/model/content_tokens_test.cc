#include "model/content_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/item_table.h"

namespace millrace {
namespace {

std::vector<std::uint32_t> tokens(std::string title, std::vector<std::string> categories = {}) {
  ItemContent content;
  content.title = std::move(title);
  content.categories = std::move(categories);
  return content_tokens(content);
}

TEST(ContentTokens, FoldCaseBeyondAscii) { EXPECT_EQ(tokens("STRASSE Über"), tokens("straße, über!")); }

TEST(ContentTokens, SplitAtWhatIsNeitherLetterNorDigit) {
  EXPECT_EQ(tokens("red-mug 12oz").size(), 3U);
  EXPECT_EQ(tokens("  --  ").size(), 0U);
}

TEST(ContentTokens, ACategoryIsNotTheWord) {
  const auto category = tokens("", {"Mug"});
  const auto word = tokens("mug");
  ASSERT_EQ(category.size(), 1U);
  EXPECT_NE(category, word);
}

TEST(ContentTokens, BeginWithTheCategories) {
  ItemContent content;
  content.title = "a mug";
  content.categories = {"Mug", "kitchen", "mug"};
  const auto all = content_tokens(content);
  const auto categories = category_tokens(content);
  EXPECT_EQ(categories.size(), 2U);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(std::equal(categories.begin(), categories.end(), all.begin()));
}

TEST(ContentTokens, AreDistinctAndBounded) {
  EXPECT_EQ(tokens("mug mug Mug").size(), 1U);
  std::string title;
  for (int i = 0; i < 100; ++i) title.append(" w").append(std::to_string(i));
  EXPECT_EQ(tokens(title, {"c"}).size(), kMaxTokens);
  EXPECT_EQ(tokens(title, {"c"})[0], tokens("", {"C"})[0]);
}

TEST(ContentTokens, TextThatIsNotUtf8HasNoWords) { EXPECT_TRUE(tokens("\xff\xfe mug").empty()); }

TEST(ContentTokens, HashesAreFrozen) {
  // Stored with the items: another hash would make every saved token embedding another word's.
  EXPECT_EQ(tokens("mug", {"kitchen"}), (std::vector<std::uint32_t>{328827067U, 3074845651U}));
}

}  // namespace
}  // namespace millrace
