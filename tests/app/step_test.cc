#include "app/step.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "app/step_record.h"
#include "core/bytes.h"
#include "store/memory_store.h"
#include "store/rocks_store.h"
#include "tests/app/step_fixture.h"
#include "tests/temporary_directory.h"

namespace millrace::testing {
namespace {

constexpr std::size_t kBatch = 25;

// Runs `events` in batches from where the store stands, reopening the step before each step in `reopen_at`;
// `committed` is called after each.
std::vector<RecommendationList> run_all(Store& store, const StepOptions& options, std::span<const Event> events,
                                        const std::vector<std::uint64_t>& reopen_at = {},
                                        const std::function<void(Step&)>& committed = {}) {
  std::vector<RecommendationList> lists;
  auto step = Step::open(options, store);
  EXPECT_TRUE(step.ok()) << step.error().message;
  for (std::uint64_t number = 1; (number - 1) * kBatch < events.size(); ++number) {
    if (std::find(reopen_at.begin(), reopen_at.end(), number) != reopen_at.end()) {
      step = Step::open(options, store);
      EXPECT_TRUE(step.ok()) << step.error().message;
    }
    const std::size_t from = (number - 1) * kBatch;
    WriteBatch batch;
    auto output = (*step)->run(step_input(number, events.subspan(from, std::min(kBatch, events.size() - from))), batch);
    EXPECT_TRUE(output.ok()) << output.error().message;
    EXPECT_TRUE(store.commit(batch).ok());
    if (committed) committed(**step);
    for (auto& list : output->lists) lists.push_back(std::move(list));
  }
  return lists;
}

double hit_rate(const StepOptions& options, std::span<const Event> events) {
  const auto store = make_memory_store();
  auto step = Step::open(options, *store);
  EXPECT_TRUE(step.ok());
  std::size_t hits = 0;
  std::size_t trials = 0;
  for (std::uint64_t number = 1; number * kBatch <= events.size(); ++number) {
    WriteBatch batch;
    auto output = (*step)->run(step_input(number, events.subspan((number - 1) * kBatch, kBatch)), batch);
    EXPECT_TRUE(output.ok()) << output.error().message;
    EXPECT_TRUE(store->commit(batch).ok());
    if (2 * number * kBatch < events.size()) continue;
    for (const LiveTrial& trial : output->trials) {
      if (!trial.returning) continue;
      ++trials;
      hits += trial.rank.has_value() ? 1 : 0;
    }
  }
  return static_cast<double>(hits) / static_cast<double>(trials);
}

TEST(StepTest, SameBatchesGiveTheSameBytes) {
  const auto events = walk_events(1500, 1);
  const auto first = make_memory_store();
  const auto second = make_memory_store();
  const auto lists = run_all(*first, small_step_options(), events);
  EXPECT_EQ(lists, run_all(*second, small_step_options(), events));
  EXPECT_EQ(dump(*first), dump(*second));
}

TEST(StepTest, ListsDoNotDependOnHowManyThreadsMakeThem) {
  const auto events = walk_events(6000, 1);
  StepOptions options = small_step_options();
  std::vector<std::vector<RecommendationList>> lists;
  for (const std::size_t threads : {1U, 4U}) {
    options.model.threads = threads;
    const auto store = make_memory_store();
    auto step = Step::open(options, *store);
    ASSERT_TRUE(step.ok());
    lists.emplace_back();
    for (std::uint64_t number = 1; number <= 6; ++number) {
      WriteBatch batch;
      auto output = (*step)->run(step_input(number, std::span(events).subspan((number - 1) * 1000, 1000)), batch);
      ASSERT_TRUE(output.ok());
      ASSERT_TRUE(store->commit(batch).ok());
      ASSERT_GT(output->lists.size(), 32U) << "enough for several threads";
      for (auto& list : output->lists) lists.back().push_back(std::move(list));
    }
  }
  EXPECT_EQ(lists[0], lists[1]);
}

TEST(StepTest, AnotherSeedGivesAnotherModel) {
  const auto events = walk_events(500, 1);
  const auto first = make_memory_store();
  const auto second = make_memory_store();
  StepOptions other = small_step_options();
  other.model.seed = 2;
  run_all(*first, small_step_options(), events);
  run_all(*second, other, events);
  EXPECT_NE(dump(*first), dump(*second));
}

TEST(StepTest, RocksDbHoldsTheSameBytesAsMemory) {
  const auto events = walk_events(1000, 2);
  const auto memory = make_memory_store();
  const TemporaryDirectory directory;
  auto rocks = open_rocks_store({.directory = directory.string(), .log = {}});
  ASSERT_TRUE(rocks.ok()) << rocks.error().message;
  run_all(*memory, small_step_options(), events);
  run_all(**rocks, small_step_options(), events);
  const auto without_format = [](const std::string& text) { return text.substr(text.find("steps/")); };
  EXPECT_EQ(without_format(dump(*memory)), without_format(dump(**rocks)));
}

TEST(StepTest, AKillBeforeAnyStepEndsInTheSameBytes) {
  const auto events = walk_events(1000, 3);
  const auto uninterrupted = make_memory_store();
  const auto lists = run_all(*uninterrupted, small_step_options(), events);
  std::vector<std::uint64_t> every_step;
  for (std::uint64_t number = 2; number <= 40; ++number) every_step.push_back(number);
  const auto killed = make_memory_store();
  EXPECT_EQ(lists, run_all(*killed, small_step_options(), events, every_step));
  EXPECT_EQ(dump(*uninterrupted), dump(*killed));
}

TEST(StepTest, TrainingBesideOrWithinTheNextStepEndsInTheSameBytes) {
  const auto events = walk_events(1000, 3);
  const auto within = make_memory_store();
  const auto lists = run_all(*within, small_step_options(), events);
  const auto beside = make_memory_store();
  EXPECT_EQ(lists, run_all(*beside, small_step_options(), events, {}, [](Step& step) { step.start_training(); }));
  EXPECT_EQ(dump(*within), dump(*beside));
}

TEST(StepTest, TrainingNeedNotWaitForTheNextStep) {
  std::uint64_t trained = 0;
  run_all(*make_memory_store(), small_step_options(), walk_events(1000, 3), {}, [&](Step& step) {
    const std::uint64_t before = step.learner().untrained_from(step.examples());
    step.start_training();
    trained += step.learner().untrained_from(step.examples()) - before;
  });
  EXPECT_GT(trained, 500U);
}

TEST(StepTest, WhoMakesRoomIsGoneFromEveryTableAndAKillChangesNothing) {
  const auto events = walk_events(1000, 3);
  StepOptions options = small_step_options();
  options.features.max_users = 15;  // of 40
  const auto uninterrupted = make_memory_store();
  run_all(*uninterrupted, options, events);
  for (const Table table : {Table::kUsers, Table::kLists, Table::kUserQueue}) {
    EXPECT_LE(uninterrupted->size(table).rows, 15U + kBatch) << table_name(table);
    EXPECT_EQ(uninterrupted->size(table).rows, uninterrupted->size(Table::kUsers).rows) << table_name(table);
  }
  std::vector<std::uint64_t> every_step;
  for (std::uint64_t number = 2; number <= 40; ++number) every_step.push_back(number);
  const auto killed = make_memory_store();
  run_all(*killed, options, events, every_step);
  EXPECT_EQ(dump(*uninterrupted), dump(*killed));
}

TEST(StepTest, AUserTouchedManyTimesInAStepGetsOneListOfTheNewestVersion) {
  const auto store = make_memory_store();
  const auto lists = run_all(*store, small_step_options(), walk_events(1000, 4));
  std::map<std::pair<std::string, std::uint64_t>, int> per_step;
  std::map<std::string, std::uint64_t> newest;
  for (const auto& list : lists) {
    EXPECT_EQ(++(per_step[{list.user.bytes, list.step}]), 1);
    EXPECT_GT(list.version, newest[list.user.bytes]);
    newest[list.user.bytes] = list.version;
    EXPECT_EQ(list.version, 1000 + list.step);
  }
}

TEST(StepTest, ListsReflectTheOffsetsOfTheUsersPartition) {
  const auto store = make_memory_store();
  for (const auto& list : run_all(*store, small_step_options(), walk_events(200, 5))) {
    ASSERT_EQ(list.reflects.size(), 1U);
    const int user = std::stoi(list.user.bytes.substr(5));
    EXPECT_EQ(raw(list.reflects[0].partition), user % 4);
    EXPECT_EQ(raw(list.reflects[0].next), static_cast<std::int64_t>(list.step));
  }
}

TEST(StepTest, SeenAndBlockedItemsStayOutWhereTheRulesSaySo) {
  StepOptions options = small_step_options();
  options.rules.exclude_seen = true;
  options.rules.blocked = {ItemId("item-3")};
  const auto store = make_memory_store();
  const auto events = walk_events(1000, 6);
  const auto lists = run_all(*store, options, events);
  auto step = Step::open(options, *store);
  ASSERT_TRUE(step.ok());
  std::map<std::string, const RecommendationList*> newest;
  for (const auto& list : lists) newest[list.user.bytes] = &list;
  for (const auto& [user, list] : newest) {
    EXPECT_FALSE(list->items.empty());
    auto context = (*step)->features().context(UserId(user), list->event_time, "");
    ASSERT_TRUE(context.ok());
    for (const auto& ranked : list->items) {
      EXPECT_NE((*step)->features().item_id(ranked.item).bytes, "item-3");
      for (const auto& seen : context->seen) EXPECT_NE(seen.item, ranked.item);
    }
  }
}

TEST(StepTest, UnavailableItemsAreNotRecommended) {
  const auto store = make_memory_store();
  auto step = Step::open(small_step_options(), *store);
  ASSERT_TRUE(step.ok());
  const auto events = walk_events(600, 7);
  for (std::uint64_t number = 1; number <= 24; ++number) {
    StepInput input = step_input(number, std::span(events).subspan((number - 1) * kBatch, kBatch));
    if (number == 20) {
      for (int i = 0; i < 60; ++i) {
        ItemContent gone;
        gone.available = false;
        input.changes.push_back({ItemId("item-" + std::to_string(i)), gone});
      }
    }
    WriteBatch batch;
    auto output = (*step)->run(input, batch);
    ASSERT_TRUE(output.ok()) << output.error().message;
    ASSERT_TRUE(store->commit(batch).ok());
    if (number < 20) continue;
    for (const auto& list : output->lists) {
      for (const auto& ranked : list.items) {
        EXPECT_GE(std::stoi((*step)->features().item_id(ranked.item).bytes.substr(5)), 60);
      }
    }
  }
}

TEST(StepTest, ANewUserGetsAListAtTheFirstEvent) {
  const auto store = make_memory_store();
  auto events = walk_events(500, 8);
  Event first = events.back();
  first.user = UserId("newcomer");
  events.push_back(first);
  const auto lists = run_all(*store, small_step_options(), events);
  EXPECT_EQ(lists.back().user.bytes, "newcomer");
  EXPECT_EQ(lists.back().items.size(), 10U);
}

TEST(StepTest, LearningIsRealItBeatsTheFloorAndShuffledTargets) {
  const auto events = walk_events(6000, 9);
  StepOptions off = small_step_options();
  off.model.learning = false;
  const double learnt = hit_rate(small_step_options(), events);
  const double floor = hit_rate(off, events);
  const double shuffled = hit_rate(small_step_options(), walk_events(6000, 9, 120, true));
  const double chance = 10.0 / 120.0;
  EXPECT_GT(learnt, 0.6);
  EXPECT_LT(floor, 0.3);
  EXPECT_NEAR(shuffled, chance, 0.04);
}

TEST(StepTest, ARecordOfTheStepRoundTripsAndRefusesDamage) {
  StepRecord record;
  record.step = 5;
  record.first_example = 100;
  record.examples = 3;
  record.item_count = 7;
  record.effort = {4, 9, 50};
  record.reflects = {{TopicIndex{1}, PartitionIndex{2}, Offset{300}}};
  record.changes = {{ItemIndex{6}, {false, 2.5F, {1, 2, 3}}}};
  const std::string bytes = encode_step_record(record);
  auto decoded = decode_step_record(5, bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, record);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_step_record(5, std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

TEST(StepRecord, TellsOfRollbacks) {
  StepRecord record;
  record.step = 5;
  EXPECT_EQ(encode_step_record(record)[0], 2);
  record.rolled_back = {"encoder", "ranker"};
  const std::string bytes = encode_step_record(record);
  EXPECT_EQ(bytes[0], 3);
  const auto decoded = decode_step_record(5, bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, record);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_step_record(5, bytes.substr(0, size)).ok());
}

TEST(StepRecord, AnOlderOneIsReadAsOfFullDepth) {
  ByteWriter row;
  row.u8(1);
  for (const std::uint64_t field : {100, 3, 7, 4, 9, 0, 0}) row.varint(field);
  const auto decoded = decode_step_record(5, row.take());
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->effort, (Effort{4, 9, 100}));
}

}  // namespace
}  // namespace millrace::testing
