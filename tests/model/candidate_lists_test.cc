// How many items each family is asked for.
#include "model/candidate_lists.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

// Families of these names that have observed `examples`.
std::vector<std::unique_ptr<Family>> taught(std::initializer_list<const char*> names, const ItemTable& items,
                                            const std::vector<Example>& examples) {
  ModelOptions options;
  options.kinds = three_kinds();
  std::vector<std::unique_ptr<Family>> families;
  for (const char* name : names) families.push_back(make_family(name, options, items).value());
  for (const Example& example : examples) {
    for (const auto& family : families) family->observe(example);
  }
  return families;
}

TEST(CutIntoTasks, CoversAllFromWideToNarrow) {
  EXPECT_TRUE(cut_into_tasks(0).empty());
  for (const std::size_t requests : {1U, 15U, 16U, 17U, 100U, 240U, 2000U}) {
    const std::vector<TaskRange> tasks = cut_into_tasks(requests);
    std::size_t next = 0;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      EXPECT_EQ(tasks[i].begin, next);
      next += tasks[i].count;
      EXPECT_LE(tasks[i].count, i == 0 ? 64U : tasks[i - 1].count);
      EXPECT_TRUE(i + 1 == tasks.size() || tasks[i].count % 16 == 0) << "a full product";
    }
    EXPECT_EQ(next, requests);
    EXPECT_LE(tasks.back().count, 16U);
  }
}

TEST(CandidateLists, PopularityFillsTheListWhereOthersOfferFew) {
  const ItemTable items = item_table(40);
  const std::vector<Example> examples = TestStream(3).take(600);
  const auto families = taught({"popular", "trending"}, items, examples);
  const std::vector<RankRequest> requests{{&examples.back().context, {}}};
  CandidateLists few(families, requests, 5);
  EXPECT_EQ(few.take(0)[0].size(), 5U);
  CandidateLists filled(families, requests, 5, 20);
  const auto lists = filled.take(0);
  EXPECT_EQ(lists[0].size(), 20U);
  EXPECT_EQ(lists[1].size(), 5U);
}

TEST(CandidateLists, NewcomersAreOfferedTwiceAsManyByEach) {
  const ItemTable items = item_table(40);
  const auto families = taught({"popular", "trending"}, items, TestStream(3).take(600));
  const Context nobody;
  const std::vector<RankRequest> requests{{&nobody, {}}};
  CandidateLists some(families, requests, 5, 8);
  const auto lists = some.take(0);
  EXPECT_EQ(lists[0].size(), 10U);
  EXPECT_EQ(lists[1].size(), 10U);
}

TEST(CandidateLists, WhoKnowsTheUserOffersMore) {
  const ItemTable items = item_table(40);
  const std::vector<Example> examples = TestStream(3).take(600);
  const auto families = taught({"encoder", "trending"}, items, examples);
  const std::vector<RankRequest> requests{{&examples.back().context, {}}};
  CandidateLists lists(families, requests, 5);
  const auto taken = lists.take(0);
  EXPECT_EQ(taken[0].size(), 8U);
  EXPECT_EQ(taken[1].size(), 5U);
}

}  // namespace
}  // namespace millrace
