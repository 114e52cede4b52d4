// What every registered family promises: exact restoring, incremental saves that add up, and well-formed rankings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

constexpr std::uint32_t kItems = 40;

ModelOptions small_options() {
  ModelOptions options;
  options.kinds = three_kinds();
  options.minibatch = 16;
  options.encoder.dimension = 16;
  options.encoder.negatives = 16;
  options.memory.max_sessions = 24;  // so that slots are reused
  options.memory.sessions_per_item = 6;
  options.memory.session_items = 5;
  options.memory.neighbours = 8;
  options.related.neighbours_per_item = 5;
  options.factors.dimension = 8;
  options.factors.max_users = 8;  // so that users are evicted
  options.ratings.max_users = 8;
  options.ratings.log_ratings = 24;
  return options;
}

class FamilyConformance : public ::testing::TestWithParam<std::string_view> {
 protected:
  FamilyConformance() : items_(item_table(kItems)), options_(small_options()) {
    for (std::uint32_t i = 0; i < kItems; ++i) {
      ItemFacts facts;
      facts.tokens = {i % 3, 100 + i % 5, 200 + i};
      facts.categories = 2;
      items_.set(ItemIndex{i}, std::move(facts));
    }
  }

  std::unique_ptr<Family> make() const { return make_family(GetParam(), options_, items_).value(); }

  // Observes event by event, then trains them together with replayed ones, as a step does.
  static void learn(Family& family, const std::vector<Example>& examples, std::uint64_t seed) {
    std::vector<const Example*> pointers;
    for (const Example& example : examples) {
      family.observe(example);
      pointers.push_back(&example);
    }
    const std::uint64_t seen = examples.back().sequence + 1;
    const std::size_t fresh = pointers.size();
    for (std::size_t i = fresh; i > 0; --i) pointers.push_back(pointers[i - 1]);
    family.train({pointers, fresh, seen, Random(seed, 1)});
  }

  // All items' columns, column after column, then the event's; as the learner asks for them, after rank().
  static std::vector<float> described(Family& family, const Context& context) {
    rank_one(family, context, 10);
    std::vector<ItemIndex> items;
    for (std::uint32_t i = 0; i < kItems; ++i) items.push_back(ItemIndex{i});
    const std::size_t columns = family.columns().size() * items.size();
    std::vector<float> values(columns + family.event_columns().size());
    family.describe(context, items, FeatureColumns(std::span(values).first(columns), items.size()));
    family.describe_event(context, std::span(values).subspan(columns));
    return values;
  }

  ItemTable items_;
  ModelOptions options_;
  TestStream stream_{7};
};

TEST_P(FamilyConformance, DescribesEveryItemByFiniteNumbersThatTellItemsApart) {
  const auto family = make();
  std::vector<std::set<float>> distinct(family->columns().size());
  for (std::uint64_t step = 0; step < 8; ++step) {
    learn(*family, stream_.take(40), step);
    for (std::uint64_t user = 0; user < 12; ++user) {
      const std::vector<float> values = described(*family, stream_.context(user));
      EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }));
      EXPECT_EQ(values, described(*family, stream_.context(user)));
      for (std::size_t c = 0; c < distinct.size(); ++c) {
        const auto column = std::span(values).subspan(c * kItems, kItems);
        distinct[c].insert(column.begin(), column.end());
      }
    }
  }
  for (std::size_t c = 0; c < distinct.size(); ++c) EXPECT_GT(distinct[c].size(), 1U) << family->columns()[c];
}

TEST_P(FamilyConformance, ContinuesFromSavedRowsAsIfNeverInterrupted) {
  const auto uninterrupted = make();
  for (std::uint64_t step = 0; step < 6; ++step) learn(*uninterrupted, stream_.take(50), step);

  const auto restored = make();
  ASSERT_TRUE(load_from(saved(*uninterrupted), *restored).ok());
  for (std::uint64_t step = 6; step < 9; ++step) {
    const std::vector<Example> examples = stream_.take(50);
    for (const Example& example : examples) {
      EXPECT_EQ(rank_one(*uninterrupted, example.context, 10), rank_one(*restored, example.context, 10));
      EXPECT_EQ(uninterrupted->predict_rating(example.context, example.item),
                restored->predict_rating(example.context, example.item));
      EXPECT_EQ(described(*uninterrupted, example.context), described(*restored, example.context));
    }
    learn(*uninterrupted, examples, step);
    learn(*restored, examples, step);
  }
  EXPECT_TRUE(saved(*uninterrupted) == saved(*restored));
}

TEST_P(FamilyConformance, IncrementalSavesAddUpToAFullSave) {
  const auto family = make();
  Rows incremental;
  for (std::uint64_t step = 0; step < 8; ++step) {
    learn(*family, stream_.take(30), step);
    save_into(incremental, *family, false);
  }
  EXPECT_EQ(incremental.empty(), family->rows() == 0);
  EXPECT_TRUE(incremental == saved(*family));
}

TEST_P(FamilyConformance, ReadingChangesNothing) {
  const auto family = make();
  learn(*family, stream_.take(60), 0);
  const Rows before = saved(*family);
  const Context context = stream_.context(1);
  rank_one(*family, context, 10);
  score_one(*family, context, ItemIndex{3});
  family->predict_rating(context, ItemIndex{3});
  EXPECT_TRUE(saved(*family) == before);
}

TEST_P(FamilyConformance, RanksBestFirstWithTiesByLowerIndex) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  for (std::uint64_t user = 0; user < 12; ++user) {
    const std::vector<ScoredItem> list = rank_one(*family, stream_.context(user), 20);
    EXPECT_LE(list.size(), 20U);
    for (std::size_t i = 1; i < list.size(); ++i) {
      const bool in_order =
          list[i - 1].score > list[i].score || (list[i - 1].score == list[i].score && list[i - 1].item < list[i].item);
      EXPECT_TRUE(in_order) << "user " << user << " place " << i;
    }
  }
}

TEST_P(FamilyConformance, RanksManyAsOneByOne) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  std::vector<Context> contexts;
  contexts.reserve(12);
  for (std::uint64_t user = 0; user < 12; ++user) contexts.push_back(stream_.context(user));
  std::vector<RankRequest> requests;
  requests.reserve(contexts.size());
  for (const Context& context : contexts) requests.push_back({&context, {}});
  const auto lists = family->rank(requests, 10);
  ASSERT_EQ(lists.size(), contexts.size());
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const auto alone = rank_one(*family, contexts[i], 10);
    ASSERT_EQ(lists[i].size(), alone.size());
    for (std::size_t place = 0; place < alone.size(); ++place) {
      EXPECT_EQ(lists[i][place].item, alone[place].item) << "user " << i << " place " << place;
      EXPECT_NEAR(lists[i][place].score, alone[place].score, 1e-4F);
    }
  }
}

// What the learner relies on when it asks ahead.
TEST_P(FamilyConformance, AnswersChangeOnlyWithTheRankVersion) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  if (!family->rank_version()) GTEST_SKIP() << "asked one by one";
  const Context context = stream_.context(1);
  const auto before = rank_one(*family, context, 10);
  const auto version = family->rank_version();
  std::size_t unchanged = 0;
  for (const Example& example : stream_.take(50)) {
    family->observe(example);
    if (family->rank_version() != version) break;
    EXPECT_EQ(rank_one(*family, context, 10), before);
    ++unchanged;
  }
  EXPECT_GT(unchanged, 0U);
}

TEST_P(FamilyConformance, RanksSomething) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  std::size_t ranked = 0;
  for (std::uint64_t user = 0; user < 12; ++user) ranked += rank_one(*family, stream_.context(user), 5).size();
  EXPECT_EQ(family->recommends(), family_has_lists(GetParam()));
  if (family->recommends()) {
    EXPECT_GE(ranked, 30U);
  } else {
    EXPECT_EQ(ranked, 0U);
  }
}

TEST_P(FamilyConformance, ScoreAgreesWithRank) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  for (std::uint64_t user = 0; user < 12; ++user) {
    const Context context = stream_.context(user);
    for (const ScoredItem& scored : rank_one(*family, context, 10)) {
      EXPECT_NEAR(score_one(*family, context, scored.item), scored.score, 1e-4F) << "user " << user;
    }
  }
}

TEST_P(FamilyConformance, LeavesOutWhatIsExcludedOrUnavailable) {
  const auto family = make();
  learn(*family, stream_.take(400), 0);
  ItemFacts gone_from_sale;
  gone_from_sale.available = false;
  items_.set(ItemIndex{0}, gone_from_sale);
  family->item_changed(ItemIndex{0});
  const std::vector<ItemIndex> exclude{ItemIndex{1}, ItemIndex{2}, ItemIndex{5}};
  for (std::uint64_t user = 0; user < 12; ++user) {
    const Context context = stream_.context(user);
    const auto list = items_of(rank_one(*family, context, 10, exclude));
    for (const std::uint32_t gone : {0U, 1U, 2U, 5U}) EXPECT_THAT(list, ::testing::Not(::testing::Contains(gone)));
    // Whatever else is ranked keeps its order.
    std::vector<std::uint32_t> expected = items_of(rank_one(*family, context, kItems));
    std::erase_if(expected, [](std::uint32_t item) { return item == 1 || item == 2 || item == 5; });
    if (expected.size() > list.size()) expected.resize(list.size());
    EXPECT_EQ(list, expected);
  }
}

TEST_P(FamilyConformance, RefusesBytesItCannotHaveWritten) {
  const auto family = make();
  learn(*family, stream_.take(60), 0);
  for (const auto& [at, value] : saved(*family)) {
    const Status status = make()->load(at.first, at.second, "\x7f\x7f\x7f");
    ASSERT_FALSE(status.ok()) << at.first;
    EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
  }
  EXPECT_FALSE(make()->load("no such table", "", "\x01").ok());
}

TEST_P(FamilyConformance, RefusesTruncatedRows) {
  const auto family = make();
  learn(*family, stream_.take(60), 0);
  for (const auto& [at, value] : saved(*family)) {
    EXPECT_FALSE(make()->load(at.first, at.second, std::string_view(value).substr(0, value.size() - 1)).ok());
  }
}

TEST_P(FamilyConformance, IsKnownByItsName) { EXPECT_EQ(make()->name(), GetParam()); }

std::string test_name(const ::testing::TestParamInfo<std::string_view>& info) { return std::string(info.param); }

INSTANTIATE_TEST_SUITE_P(All, FamilyConformance, ::testing::ValuesIn(family_names()), test_name);

TEST(FamilyRegistry, AnUnknownNameIsAnErrorThatListsTheKnownOnes) {
  const ItemTable items;
  const auto family = make_family("memroy", ModelOptions{}, items);
  ASSERT_FALSE(family.ok());
  EXPECT_EQ(family.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(family.error().message, ::testing::HasSubstr("'memroy'"));
  for (const std::string_view name : family_names()) {
    EXPECT_THAT(family.error().message, ::testing::HasSubstr(std::string(name)));
  }
}

}  // namespace
}  // namespace millrace
