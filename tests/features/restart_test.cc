// What is in the store after some steps depends on the events alone: not on restarts, cache sizes, the kind of store,
// or how the events were cut into steps.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>
#include <span>

#include "store/rocks_store.h"
#include "tests/features/random_events.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

constexpr std::size_t kEvents = 2000;

FeatureOptions tight_options() {
  FeatureOptions options = small_options();
  options.history_length = 12;
  options.context_length = 8;
  options.seen_items = 9;
  options.neighbours_per_item = 6;
  return options;
}

// Runs the stream in steps of `step` events; `after` is called with the world after each committed step.
std::vector<std::string> run(
    FeatureWorld& world, std::size_t step, const std::function<void(FeatureWorld&)>& after = [](FeatureWorld&) {}) {
  const std::vector<Event> events = random_events(7, kEvents);
  for (std::size_t begin = 0; begin < events.size(); begin += step) {
    const std::span<const Event> batch(events.data() + begin, std::min(step, events.size() - begin));
    EXPECT_TRUE(world.features().prefetch(batch).ok());
    for (const Event& event : batch) world.apply(event);
    world.commit();
    after(world);
  }
  return all_rows(world.store());
}

TEST(RestartTest, ReopeningAfterEveryStepEqualsTheUninterruptedRun) {
  FeatureWorld uninterrupted(tight_options());
  FeatureWorld restarted(tight_options());
  const auto rows = run(uninterrupted, 50);
  EXPECT_GT(rows.size(), 100U);
  EXPECT_EQ(run(restarted, 50, [](FeatureWorld& world) { world.reopen(); }), rows);
}

TEST(RestartTest, ACacheThatHoldsNothingChangesNoByteAndStaysWithinItsBudget) {
  FeatureWorld roomy(tight_options());
  FeatureOptions options = tight_options();
  options.user_cache_bytes = 2000;
  options.item_cache_bytes = 4000;
  FeatureWorld tight(options);
  const auto within = [](FeatureWorld& world) {
    EXPECT_LE(world.features().user_cache().bytes, 2000U);
    EXPECT_LE(world.features().item_cache().bytes, 4000U);
  };
  EXPECT_EQ(run(tight, 10, within), run(roomy, 10));
  EXPECT_GT(tight.features().user_cache().misses, roomy.features().user_cache().misses);
}

TEST(RestartTest, TheCutIntoStepsDoesNotShowInTheRows) {
  FeatureWorld small(tight_options());
  FeatureWorld large(tight_options());
  EXPECT_EQ(run(small, 1), run(large, kEvents));
}

TEST(RestartTest, RocksStoreHoldsTheSameBytesAsTheMemoryStore) {
  const TemporaryDirectory directory;
  RocksOptions rocks;
  rocks.directory = directory.string();
  auto store = open_rocks_store(rocks);
  ASSERT_TRUE(store.ok()) << store.error().message;
  {
    FeatureWorld on_disk(tight_options(), std::move(store).value());
    FeatureWorld in_memory(tight_options());
    EXPECT_EQ(run(on_disk, 400, [](FeatureWorld& world) { world.reopen(); }), run(in_memory, 400));
  }
}

TEST(RestartTest, AStepWritesEachTouchedRowOnce) {
  FeatureWorld world;
  for (int i = 0; i < 10; ++i) world.apply(click("u", "a", i));
  WriteBatch batch;
  world.features().flush(batch);
  std::set<std::pair<Table, std::string>> rows;
  for (const auto& operation : batch.operations()) {
    EXPECT_TRUE(rows.emplace(operation.table, operation.key).second) << table_name(operation.table);
  }
  WriteBatch nothing;
  world.features().flush(nothing);
  EXPECT_TRUE(nothing.empty());
}

TEST(RestartTest, AStoreOfOtherKindsIsRefusedAndOneWithMoreKindsIsAccepted) {
  FeatureWorld world;
  world.apply(click("u", "a", 0));
  world.commit();
  FeatureOptions swapped = small_options();
  swapped.kinds = KindTable({{"purchase", Signal::kPurchase, 1.0F}, {"click", Signal::kClick, 1.0F}});
  const auto refused = open_features(swapped, world.store());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_NE(refused.error().message.find("click, purchase, rating"), std::string::npos) << refused.error().message;
  FeatureOptions more = small_options();
  std::vector<Kind> kinds = more.kinds.all();
  kinds.push_back({"share", Signal::kClick, 1.0F});
  more.kinds = KindTable(kinds);
  EXPECT_TRUE(open_features(more, world.store()).ok());
}

TEST(RestartTest, ItemNumbersWithAGapAreCorruption) {
  FeatureWorld world;
  world.apply_all({click("u", "a", 0), click("u", "b", 0)});
  world.commit();
  WriteBatch batch;
  batch.erase(Table::kItemIds, "a");
  ASSERT_TRUE(world.store().commit(batch).ok());
  const auto opened = open_features(small_options(), world.store());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace
