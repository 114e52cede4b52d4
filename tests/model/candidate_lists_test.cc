// How many items each family is asked for.
#include "model/candidate_lists.h"

#include <gtest/gtest.h>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

TEST(CandidateLists, PopularityFillsTheListWhereOthersOfferFew) {
  const ItemTable items = item_table(40);
  ModelOptions options;
  options.kinds = three_kinds();
  std::vector<std::unique_ptr<Family>> families;
  for (const char* name : {"popular", "trending"}) families.push_back(make_family(name, options, items).value());
  TestStream stream(3);
  for (const Example& example : stream.take(600)) {
    for (const auto& family : families) family->observe(example);
  }
  const Context nobody;
  const std::vector<RankRequest> requests{{&nobody, {}}};
  CandidateLists few(families, requests, 5);
  EXPECT_EQ(few.take(0)[0].size(), 5U);
  CandidateLists filled(families, requests, 5, 20);
  const auto lists = filled.take(0);
  EXPECT_EQ(lists[0].size(), 20U);
  EXPECT_EQ(lists[1].size(), 5U);
}

TEST(CandidateLists, WhoKnowsTheUserOffersMore) {
  const ItemTable items = item_table(40);
  ModelOptions options;
  options.kinds = three_kinds();
  std::vector<std::unique_ptr<Family>> families;
  for (const char* name : {"encoder", "trending"}) families.push_back(make_family(name, options, items).value());
  TestStream stream(3);
  const std::vector<Example> examples = stream.take(600);
  for (const Example& example : examples) {
    for (const auto& family : families) family->observe(example);
  }
  const std::vector<RankRequest> requests{{&examples.back().context, {}}};
  CandidateLists lists(families, requests, 5);
  const auto taken = lists.take(0);
  EXPECT_EQ(taken[0].size(), 8U);
  EXPECT_EQ(taken[1].size(), 5U);
}

}  // namespace
}  // namespace millrace
