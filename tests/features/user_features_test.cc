#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/features/feature_world.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(UserFeaturesTest, TheExampleHoldsTheStateBeforeItsEvent) {
  FeatureWorld world;
  const Example first = world.apply(click("u", "a", 100));
  EXPECT_THAT(first.context.history, IsEmpty());
  EXPECT_THAT(first.context.seen, IsEmpty());
  EXPECT_EQ(first.context.first_seen, Millis{100});
  EXPECT_EQ(first.context.interactions, 0U);
  const Example second = world.apply(purchase("u", "b", 200));
  EXPECT_THAT(second.context.history, ElementsAre(Interaction{world.index("a"), kClickKind, Millis{100}, 0.0F}));
  EXPECT_THAT(second.context.seen, ElementsAre(SeenItem{world.index("a"), 1, Millis{100}}));
  EXPECT_EQ(second.context.interactions, 1U);
  EXPECT_EQ(second.context.first_seen, Millis{100});
  EXPECT_EQ(second.item, world.index("b"));
  EXPECT_EQ(second.signal, Signal::kPurchase);
  EXPECT_EQ(second.weight, 4.0F);
}

TEST(UserFeaturesTest, ContextIsBoundedByItsLengthAndHistoryByItsOwn) {
  FeatureOptions options = small_options();
  options.history_length = 3;
  options.context_length = 2;
  FeatureWorld world(options);
  world.apply_all({click("u", "a", 1), click("u", "b", 2), click("u", "c", 3), click("u", "d", 4)});
  EXPECT_THAT(world.history("u"), ElementsAre("b", "c", "d"));
  const Context context = world.context("u", 5);
  ASSERT_EQ(context.history.size(), 2U);
  EXPECT_EQ(context.history.back().item, world.index("d"));
  EXPECT_EQ(context.session_length, 2U);
  EXPECT_EQ(context.interactions, 4U);
}

TEST(UserFeaturesTest, AnOlderEventIsInsertedAtItsPlaceAndSeesOnlyWhatWasBeforeIt) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 100), click("u", "c", 300)});
  const Example late = world.apply(click("u", "b", 200));
  EXPECT_THAT(world.history("u"), ElementsAre("a", "b", "c"));
  ASSERT_EQ(late.context.history.size(), 1U);
  EXPECT_EQ(late.context.history.back().item, world.index("a"));
  EXPECT_EQ(world.user("u").last_seen, Millis{300});
}

TEST(UserFeaturesTest, EqualTimesKeepTheOrderOfArrival) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 100), click("u", "b", 100), click("u", "z", 200), click("u", "c", 100)});
  EXPECT_THAT(world.history("u"), ElementsAre("a", "b", "c", "z"));
}

TEST(UserFeaturesTest, AnEventOlderThanAFullHistoryIsCountedButNotKept) {
  FeatureOptions options = small_options();
  options.history_length = 2;
  options.context_length = 2;
  FeatureWorld world(options);
  world.apply_all({click("u", "b", 200), click("u", "c", 300), click("u", "a", 100)});
  EXPECT_THAT(world.history("u"), ElementsAre("b", "c"));
  EXPECT_EQ(world.user("u").interactions, 3U);
  EXPECT_EQ(world.user("u").first_seen, Millis{100});
  world.apply(click("u", "d", 250));
  EXPECT_THAT(world.history("u"), ElementsAre("d", "c"));
}

TEST(UserFeaturesTest, AGapLongerThanConfiguredOpensASession) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "b", 1000)});
  EXPECT_EQ(world.user("u").session, 1U);
  EXPECT_EQ(world.context("u", 2000).session_length, 2U);
  EXPECT_EQ(world.context("u", 2001).session_length, 0U);
  EXPECT_EQ(world.context("u", 2001).session, 2U);
  const Example next = world.apply(click("u", "c", 2001));
  EXPECT_EQ(next.context.session, 2U);
  EXPECT_EQ(next.context.session_length, 0U);
  EXPECT_EQ(next.context.history.size(), 2U);
  EXPECT_EQ(world.context("u", 2002).session_length, 1U);
}

TEST(UserFeaturesTest, AGivenSessionHoldsAcrossGapsAndEndsWithItsId) {
  FeatureWorld world;
  Event a = click("u", "a", 0);
  Event b = click("u", "b", 50'000);
  Event c = click("u", "c", 50'001);
  a.session = b.session = "s1";
  c.session = "s2";
  world.apply_all({a, b});
  EXPECT_EQ(world.context("u", 50'001, "s1").session_length, 2U);
  world.apply(c);
  const UserState user = world.user("u");
  EXPECT_THAT(user.sessions, ElementsAre(1U, 1U, 2U));
  EXPECT_EQ(world.context("u", 50'002, "s2").session_length, 1U);
}

TEST(UserFeaturesTest, SessionNumbersAreUniqueAmongUsers) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("v", "a", 0), click("u", "a", 9000)});
  EXPECT_THAT(world.user("u").sessions, ElementsAre(1U, 3U));
  EXPECT_THAT(world.user("v").sessions, ElementsAre(2U));
}

TEST(UserFeaturesTest, AnOlderEventJoinsTheSessionNearItAndOpensNone) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "c", 10'000)});
  world.apply(click("u", "b", 9'500));
  world.apply(click("u", "a2", 500));
  EXPECT_THAT(world.history("u"), ElementsAre("a", "a2", "b", "c"));
  EXPECT_THAT(world.user("u").sessions, ElementsAre(1U, 1U, 2U, 2U));
  EXPECT_EQ(world.user("u").session, 2U);
  EXPECT_EQ(world.apply(click("w", "a", 0)).context.session, 3U);
}

TEST(UserFeaturesTest, AnOlderEventWithTheNewestSessionsIdBelongsToIt) {
  FeatureWorld world;
  Event a = click("u", "a", 0);
  Event c = click("u", "c", 300);
  Event b = click("u", "b", 200);
  a.session = "s1";
  c.session = b.session = "s2";
  world.apply_all({a, c, b});
  EXPECT_THAT(world.user("u").sessions, ElementsAre(1U, 2U, 2U));
}

TEST(UserFeaturesTest, CountersDecayByTheirHalfLifeAndTakeLateEventsAtTheirAge) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), purchase("u", "a", 10'000), click("u", "a", 0)});
  const UserState user = world.user("u");
  const double newest = decay_growth(user.last_seen, user.reference, Millis{10'000});
  EXPECT_DOUBLE_EQ(user.kinds[0] / newest, 1.0);  // two clicks, a half-life old
  EXPECT_DOUBLE_EQ(user.kinds[1] / newest, 4.0);
}

TEST(UserFeaturesTest, CountersSurviveARebaseAfterManyHalfLives) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "a", 330'000), click("u", "a", 340'000)});
  const UserState user = world.user("u");
  EXPECT_EQ(user.reference, Millis{330'000});
  EXPECT_NEAR(user.kinds[0] / decay_growth(user.last_seen, user.reference, Millis{10'000}), 1.5, 1e-9);
}

TEST(UserFeaturesTest, CategoriesOfTheItemAreCountedAndBounded) {
  FeatureOptions options = small_options();
  options.max_categories_per_user = 2;
  FeatureWorld world(options);
  for (const auto& [item, category] : {std::pair{"a", "x"}, std::pair{"b", "y"}, std::pair{"c", "z"}}) {
    ItemContent content;
    content.categories = {category};
    ASSERT_TRUE(world.features().apply_catalogue({ItemId(item), content}).ok());
  }
  world.apply_all({purchase("u", "a", 0), click("u", "b", 0), click("u", "c", 0)});
  std::vector<WeightedKey> expected{{category_hash("x"), 4.0F}, {category_hash("z"), 1.0F}};
  EXPECT_THAT(world.user("u").categories, ::testing::UnorderedElementsAreArray(expected));
}

TEST(UserFeaturesTest, MeanRatingIsTheMeanOfRatingsAlone) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), rating("u", "a", 1, 5.0F), rating("u", "b", 2, 2.0F)});
  EXPECT_FLOAT_EQ(world.context("u", 3).mean_rating, 3.5F);
  EXPECT_EQ(world.user("u").history.back().value, 2.0F);
}

TEST(UserFeaturesTest, SeenItemsAreSortedCountedAndTheOldestLeaves) {
  FeatureOptions options = small_options();
  options.seen_items = 2;
  FeatureWorld world(options);
  world.apply_all({click("u", "a", 10), click("u", "b", 20), click("u", "a", 30), click("u", "c", 40)});
  EXPECT_THAT(world.user("u").seen,
              ElementsAre(SeenItem{world.index("a"), 2, Millis{30}}, SeenItem{world.index("c"), 1, Millis{40}}));
}

TEST(UserFeaturesTest, OfEquallyOldSeenItemsTheLowestIndexLeaves) {
  FeatureOptions options = small_options();
  options.seen_items = 2;
  FeatureWorld world(options);
  world.apply_all({click("u", "a", 10), click("u", "b", 10), click("u", "c", 10)});
  EXPECT_THAT(world.user("u").seen,
              ElementsAre(SeenItem{world.index("b"), 1, Millis{10}}, SeenItem{world.index("c"), 1, Millis{10}}));
}

TEST(UserFeaturesTest, AReturnCountsAgainstAndIsNoInteraction) {
  FeatureWorld world;
  world.apply_all({purchase("u", "a", 0, 2.0F), purchase("u", "a", 0, 3.0F)});
  const Example returned = world.apply(purchase("u", "a", 0, -1.0F));
  EXPECT_EQ(returned.quantity, -1.0F);
  UserState user = world.user("u");
  EXPECT_EQ(user.history.size(), 2U);
  EXPECT_EQ(user.interactions, 2U);
  EXPECT_DOUBLE_EQ(user.kinds[1], 4.0);
  EXPECT_THAT(user.seen, ElementsAre(SeenItem{world.index("a"), 1, Millis{0}}));
  world.apply(purchase("u", "a", 0, -1.0F));  // three units left: still present
  EXPECT_THAT(world.user("u").seen, ElementsAre(SeenItem{world.index("a"), 1, Millis{0}}));
  world.apply(purchase("u", "a", 0, -3.0F));
  EXPECT_THAT(world.user("u").seen, IsEmpty());
  EXPECT_DOUBLE_EQ(world.user("u").kinds[1], 0.0);
}

TEST(UserFeaturesTest, AReturnOfAnItemNeverBoughtLeavesNothingBehindButTheUser) {
  FeatureWorld world;
  world.apply(purchase("u", "a", 70, -1.0F));
  const UserState user = world.user("u");
  EXPECT_THAT(user.seen, IsEmpty());
  EXPECT_THAT(user.history, IsEmpty());
  EXPECT_EQ(user.session, 0U);
  EXPECT_EQ(world.apply(click("u", "a", 80)).context.session, 1U);
}

TEST(UserFeaturesTest, ANewUsersContextIsEmptyAndStoresNothing) {
  FeatureWorld world;
  world.apply(click("u", "a", 0));
  world.commit();
  const std::vector<std::string> before = all_rows(world.store());
  const Context context = world.context("nobody", 50);
  EXPECT_EQ(context.user, UserIndex{1});
  EXPECT_EQ(context.session, 2U);
  EXPECT_EQ(context.first_seen, Millis{50});
  EXPECT_THAT(context.history, IsEmpty());
  EXPECT_FALSE(world.features().user(UserId("nobody"))->has_value());
  world.commit();
  EXPECT_EQ(all_rows(world.store()), before);
}

TEST(UserFeaturesTest, BeyondTheItemLimitInteractionsKeepTheirPlaceWithoutAName) {
  FeatureOptions options = small_options();
  options.max_items = 1;
  FeatureWorld world(options);
  world.apply_all({click("u", "a", 0), click("u", "b", 1), click("u", "a", 2)});
  EXPECT_THAT(world.history("u"), ElementsAre("a", "?", "a"));
  EXPECT_EQ(world.features().item_count(), 1U);
  EXPECT_FALSE(world.features().find_item(ItemId("b")).has_value());
  EXPECT_EQ(world.user("u").seen.size(), 1U);
}

}  // namespace
}  // namespace millrace
