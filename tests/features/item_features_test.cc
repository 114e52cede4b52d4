#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/features/feature_world.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ItemFeaturesTest, ConversionIsPurchasesPerClickAndReturnsReduceIt) {
  FeatureWorld world;
  EXPECT_EQ(ItemState{}.conversion(), 0.0F);
  world.apply_all({click("u", "a", 0), click("v", "a", 1), purchase("u", "a", 2), purchase("v", "a", 3)});
  EXPECT_FLOAT_EQ(world.item("a").conversion(), 1.0F);
  world.apply(purchase("v", "a", 4, -1.0F));
  EXPECT_FLOAT_EQ(world.item("a").conversion(), 0.5F);
  EXPECT_EQ(world.item("a").interactions, 4U);
}

TEST(ItemFeaturesTest, RatingsAreKeptAbsoluteAndRelativeToTheirUsersMean) {
  FeatureWorld world;
  world.apply_all({rating("u", "a", 0, 5.0F), rating("u", "b", 1, 2.0F), rating("v", "b", 2, 4.0F)});
  EXPECT_FLOAT_EQ(world.item("a").mean_relative_rating(), 0.0F);  // the user's first
  EXPECT_FLOAT_EQ(world.item("b").mean_rating(), 3.0F);
  EXPECT_FLOAT_EQ(world.item("b").mean_relative_rating(), -1.5F);  // (2 − 5) and a first one
}

TEST(ItemFeaturesTest, WindowsCountHourDayAndWeek) {
  FeatureWorld world;
  const std::int64_t now = 100 * kDay.count;
  world.apply_all(
      {click("u", "a", now - 3 * kDay.count), click("u", "a", now - 2 * kHour.count), click("u", "a", now)});
  const ItemState item = world.item("a");
  EXPECT_EQ(item.hour.sum(Millis{now}), 1U);
  EXPECT_EQ(item.day.sum(Millis{now}), 2U);
  EXPECT_EQ(item.week.sum(Millis{now}), 3U);
}

TEST(ItemFeaturesTest, ALateEventCountsInTheWindowItBelongsTo) {
  FeatureWorld world;
  const std::int64_t now = 100 * kDay.count;
  world.apply_all({click("u", "a", now), click("u", "a", now - 2 * kHour.count)});
  EXPECT_EQ(world.item("a").hour.sum(Millis{now}), 1U);
  EXPECT_EQ(world.item("a").day.sum(Millis{now}), 2U);
  EXPECT_EQ(world.item("a").first_seen, Millis{now - 2 * kHour.count});
  EXPECT_EQ(world.item("a").last_seen, Millis{now});
}

TEST(ItemFeaturesTest, PriceIsTheNewestEventsUntilTheCatalogueNamesOne) {
  FeatureWorld world;
  const auto priced = [](std::int64_t time, float price) {
    Event event = purchase("u", "a", time);
    event.price = price;
    return event;
  };
  world.apply_all({priced(10, 2.0F), priced(20, 3.0F), priced(15, 9.0F), priced(30, 0.0F)});
  EXPECT_EQ(world.item("a").price, 3.0F);
  ItemContent content;
  content.price = 5.0F;
  ASSERT_TRUE(world.features().apply_catalogue({ItemId("a"), content}).ok());
  world.apply(priced(40, 4.0F));
  EXPECT_EQ(world.item("a").price, 5.0F);
}

TEST(ItemFeaturesTest, ContentThatCameBeforeTheFirstEventDescribesTheItem) {
  FeatureWorld world;
  ItemContent content;
  content.title = "Mug";
  content.categories = {"kitchen"};
  content.price = 5.0F;
  ASSERT_TRUE(world.features().apply_catalogue({ItemId("a"), content}).ok());
  world.commit();
  world.reopen();
  world.apply(click("u", "a", 0));
  EXPECT_THAT(world.item("a").categories, ElementsAre(category_hash("kitchen")));
  EXPECT_EQ(world.item("a").price, 5.0F);
  EXPECT_EQ((*world.features().content(ItemId("a")))->title, "Mug");
}

TEST(ItemFeaturesTest, ATombstoneErasesTheContent) {
  FeatureWorld world;
  ASSERT_TRUE(world.features().apply_catalogue({ItemId("a"), ItemContent{}}).ok());
  world.commit();
  ASSERT_TRUE(world.features().apply_catalogue({ItemId("a"), std::nullopt}).ok());
  world.commit();
  world.reopen();
  EXPECT_FALSE(world.features().content(ItemId("a"))->has_value());
}

TEST(NeighboursTest, TransitionsLinkConsecutiveItemsOfOneSession) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "b", 10), click("v", "c", 11), click("u", "c", 5000)});
  EXPECT_THAT(world.neighbours("a", Relation::kNext), ElementsAre(Pair("b", 1.0F)));
  EXPECT_THAT(world.neighbours("b", Relation::kNext), IsEmpty());  // the next one came after the gap
}

TEST(NeighboursTest, AnEventOutOfOrderMakesNoTransition) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "c", 20), click("u", "b", 10)});
  EXPECT_THAT(world.neighbours("a", Relation::kNext), ElementsAre(Pair("c", 1.0F)));
  EXPECT_THAT(world.neighbours("b", Relation::kNext), IsEmpty());
  EXPECT_THAT(world.neighbours("b", Relation::kTogether), IsEmpty());
}

TEST(NeighboursTest, TogetherHoldsTheDistinctEarlierItemsOfTheSession) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "b", 1), click("u", "a", 2), click("u", "c", 3)});
  EXPECT_THAT(world.neighbours("c", Relation::kTogether),
              ElementsAre(Pair("a", FloatNear(1.0F, 1e-3F)), Pair("b", 1.0F)));
  EXPECT_THAT(world.neighbours("a", Relation::kTogether), ElementsAre(Pair("b", 1.0F)));
}

TEST(NeighboursTest, WeightsDecayAndTheLightestLeaves) {
  FeatureOptions options = small_options();
  options.neighbours_per_item = 2;
  FeatureWorld world(options);
  world.apply_all({click("u", "a", 0), click("u", "b", 1), click("v", "a", 10'000), click("v", "c", 10'001)});
  EXPECT_THAT(world.neighbours("a", Relation::kNext), ElementsAre(Pair("c", 1.0F), Pair("b", FloatNear(0.5F, 1e-3F))));
  world.apply_all({click("w", "a", 20'000), click("w", "d", 20'001)});
  EXPECT_THAT(world.neighbours("a", Relation::kNext), ElementsAre(Pair("d", 1.0F), Pair("c", FloatNear(0.5F, 1e-3F))));
}

TEST(NeighboursTest, AReturnRelatesNothing) {
  FeatureWorld world;
  world.apply_all({purchase("u", "a", 0), purchase("u", "b", 1, -1.0F), purchase("u", "c", 2)});
  EXPECT_THAT(world.neighbours("a", Relation::kNext), ElementsAre(Pair("c", 1.0F)));
}

}  // namespace
}  // namespace millrace
