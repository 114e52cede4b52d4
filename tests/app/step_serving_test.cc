// Several learners behind one step: what is served, what it leaves after a crash, and what a learner that goes bad does
// not do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "model/model_rows.h"
#include "store/memory_store.h"
#include "tests/app/step_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t kBatch = 25;

std::vector<std::uint64_t> every_step(std::uint64_t last) {
  std::vector<std::uint64_t> steps;
  for (std::uint64_t number = 2; number <= last; ++number) steps.push_back(number);
  return steps;
}

struct StreamRun {
  std::vector<RecommendationList> lists;
  std::vector<LiveTrial> trials;
  std::map<std::uint64_t, std::vector<std::string>> collapsed;  // by step
};

// Runs `events` in batches, reopening the step before each step in `reopen_at`; `after` looks at each step.
StreamRun run_all(Store& store, const StepOptions& options, std::span<const Event> events,
                  const std::vector<std::uint64_t>& reopen_at = {},
                  const std::function<void(std::uint64_t, Step&)>& after = {}) {
  StreamRun run;
  auto step = Step::open(options, store);
  EXPECT_TRUE(step.ok()) << step.error().message;
  for (std::uint64_t number = 1; (number - 1) * kBatch < events.size(); ++number) {
    if (std::find(reopen_at.begin(), reopen_at.end(), number) != reopen_at.end()) {
      step = Step::open(options, store);
      EXPECT_TRUE(step.ok()) << step.error().message;
    }
    const std::size_t from = (number - 1) * kBatch;
    WriteBatch batch;
    StepInput input = step_input(number, events.subspan(from, std::min(kBatch, events.size() - from)));
    input.effort.ranked_examples = kBatch;
    auto output = (*step)->run(input, batch);
    EXPECT_TRUE(output.ok()) << output.error().message;
    EXPECT_TRUE(store.commit(batch).ok());
    for (auto& list : output->lists) run.lists.push_back(std::move(list));
    for (auto& trial : output->trials) run.trials.push_back(std::move(trial));
    if (!output->learnt.collapsed.empty()) run.collapsed[number] = output->learnt.collapsed;
    if (after) after(number, **step);
  }
  return run;
}

StepOptions serving(const std::string& serve) {
  StepOptions options = small_step_options();
  options.model.serve = serve;
  if (serve == "interleave") options.model.learners = {"memory", "ranker", "habit"};
  return options;
}

std::string rows_of(const Store& store, const std::string& owner) {
  std::string all;
  EXPECT_TRUE(for_each_row(store, owner, [&](auto table, auto key, auto value) -> Status {
                all.append(table).append("/").append(key).append("=").append(value).append("\n");
                return Ok{};
              }).ok());
  return all;
}

class StepServing : public ::testing::TestWithParam<std::string> {};

TEST_P(StepServing, AKillBeforeAnyStepEndsInTheSameBytesAndLists) {
  const auto events = walk_events(1000, 3);
  const auto uninterrupted = make_memory_store();
  const StreamRun run = run_all(*uninterrupted, serving(GetParam()), events);
  const auto killed = make_memory_store();
  EXPECT_TRUE(run.lists == run_all(*killed, serving(GetParam()), events, every_step(40)).lists);
  EXPECT_TRUE(dump(*uninterrupted) == dump(*killed));
}

TEST_P(StepServing, EveryListIsFullAndRepeatsNothing) {
  const auto events = walk_events(1000, 4);
  const auto store = make_memory_store();
  for (const auto& list : run_all(*store, serving(GetParam()), events).lists) {
    std::set<ItemIndex> items;
    for (const RankedItem& item : list.items) EXPECT_TRUE(items.insert(item.item).second);
    EXPECT_TRUE(list.items.size() == 10 || list.step <= 10) << list.step;
    EXPECT_EQ(list.learners.empty(), GetParam() == "ranker" || GetParam() == "memory");
  }
}
INSTANTIATE_TEST_SUITE_P(As, StepServing, ::testing::Values("ranker", "memory", "champion", "mixture", "interleave"));

TEST(StepServingTest, WithoutTheRankerNothingOfItIsKept) {
  StepOptions options = serving("mixture");
  options.model.learners = {"memory", "habit"};
  const auto events = walk_events(1000, 3);
  const auto store = make_memory_store();
  const StreamRun run = run_all(*store, options, events);
  EXPECT_THAT(rows_of(*store, "learner"), Not(HasSubstr("/ranker")));
  const auto killed = make_memory_store();
  EXPECT_TRUE(run.lists == run_all(*killed, options, events, every_step(40)).lists);
  EXPECT_TRUE(dump(*store) == dump(*killed));
}

TEST(StepServingTest, TheLearnerThatKnowsTheWalkWinsTheMixtureAndTheTitle) {
  StepOptions options = serving("champion");
  options.model.learners = {"popular", "memory", "trending"};
  const auto events = walk_events(8000, 9);
  const auto store = make_memory_store();
  run_all(*store, options, events, {}, [&](std::uint64_t number, Step& step) {
    if (number * kBatch < events.size()) return;
    const Contest& contest = step.learner().contest();
    EXPECT_EQ(contest.learners()[contest.champion()], "memory");
    EXPECT_GT(contest.weight(*contest.find("memory")), 0.9);
  });
}

TEST(StepServingTest, AnInterleavedListCreditsWhoseItemWasTaken) {
  const auto events = walk_events(3000, 5);
  const auto store = make_memory_store();
  std::map<std::string, std::uint64_t> credited;
  const StreamRun run = run_all(*store, serving("interleave"), events, {}, [&](std::uint64_t, Step& step) {
    const Contest& contest = step.learner().contest();
    for (std::size_t i = 0; i < contest.learners().size(); ++i) credited[contest.learners()[i]] = contest.credits(i);
  });
  std::map<std::string, std::uint64_t> taken{{"ranker", 0}, {"memory", 0}, {"habit", 0}};
  for (const LiveTrial& trial : run.trials) {
    EXPECT_TRUE(trial.learner.empty() || trial.rank.has_value());
    if (!trial.learner.empty()) ++taken[trial.learner];
  }
  EXPECT_EQ(credited, taken);
  EXPECT_GT(taken["ranker"], 2 * taken["habit"]) << "users walk on, they do not come back";
  std::map<std::uint8_t, std::size_t> shown;
  for (const auto& list : run.lists) {
    for (const RankedItem& item : list.items) ++shown[item.learner];
  }
  EXPECT_NEAR(static_cast<double>(shown[0]), static_cast<double>(shown[1]), 0.2 * static_cast<double>(shown[0]));
}

// A rating that no ingest would let through spoils whatever learns from it.
std::vector<Event> poisoned_events(std::size_t count, std::uint64_t step) {
  auto events = walk_events(count, 9);
  for (std::size_t i = (step - 1) * kBatch; i < step * kBatch; ++i) {
    events[i].kind = KindIndex{2};
    events[i].value = std::numeric_limits<float>::infinity();
    events[i].quantity = 1.0F;
  }
  return events;
}

// The encoder learns from the users' mean ratings too.
StepOptions with_user_features() {
  StepOptions options = small_step_options();
  options.model.encoder.use_user = true;
  return options;
}

StepOptions quick_to_mark() {
  StepOptions options = with_user_features();
  options.model.rollback.checkpoints = 1;
  return options;
}

TEST(StepRollback, WhatDivergesIsRolledBackBeforeItsListsAreMade) {
  const std::uint64_t poisoned = 20;
  const auto events = poisoned_events(1000, poisoned);
  std::set<std::string> hit;  // users whose own features are spoilt
  for (std::size_t i = (poisoned - 1) * kBatch; i < poisoned * kBatch; ++i) hit.insert(events[i].user.bytes);
  const auto store = make_memory_store();
  const StreamRun run = run_all(*store, quick_to_mark(), events);
  ASSERT_THAT(run.collapsed, Not(IsEmpty()));
  EXPECT_GE(run.collapsed.begin()->first, poisoned);
  EXPECT_THAT(run.collapsed.begin()->second, Contains("encoder"));
  std::size_t after = 0;
  for (const auto& list : run.lists) {
    if (list.step < poisoned || hit.contains(list.user.bytes)) continue;
    ++after;
    EXPECT_EQ(list.items.size(), 10U);
    for (const RankedItem& item : list.items) EXPECT_TRUE(std::isfinite(item.score)) << list.step;
  }
  EXPECT_GT(after, 20U);
}

TEST(StepRollback, AKillBeforeAnyStepOfAPoisonedStreamEndsInTheSameBytes) {
  const auto events = poisoned_events(1000, 20);
  const StepOptions options = quick_to_mark();
  const auto uninterrupted = make_memory_store();
  const StreamRun run = run_all(*uninterrupted, options, events);
  std::set<std::string> names;
  for (const auto& [step, learners] : run.collapsed) names.insert(learners.begin(), learners.end());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"encoder", "ranker"}));
  const auto killed = make_memory_store();
  EXPECT_EQ(run.collapsed, run_all(*killed, options, events, every_step(40)).collapsed);
  EXPECT_TRUE(dump(*uninterrupted) == dump(*killed));
}

TEST(StepRollback, RestoresTheRowsOfTheLastGoodCheckpointByteForByte) {
  const std::uint64_t poisoned = 140;
  const auto events = poisoned_events(4000, poisoned);
  StepOptions options = with_user_features();
  options.model.rollback.checkpoints = 2;
  const auto store = make_memory_store();
  std::map<std::uint64_t, std::string> checkpoints;
  std::optional<std::uint64_t> good;
  const StreamRun run = run_all(*store, options, events, {}, [&](std::uint64_t number, Step& step) {
    const auto counts = step.learner().rollbacks();
    const bool back =
        std::any_of(counts.begin(), counts.end(), [](const auto& c) { return c.first == "encoder" && c.second > 0; });
    const auto checkpoint = read_learner_state(*store);
    ASSERT_TRUE(checkpoint.ok());
    if (!back && *checkpoint) checkpoints[(*checkpoint)->step] = rows_of(*store, "encoder");
    if (!back || good) return;
    const std::string rows = rows_of(*store, "encoder");
    for (const auto& [at, state] : checkpoints) {
      if (state == rows) good = at;
    }
    EXPECT_TRUE(good) << "rolled back in step " << number << " to none of the checkpoints";
  });
  ASSERT_TRUE(good);
  EXPECT_GT(*good, 0U);
  EXPECT_LE(*good + 2 * options.checkpoint.steps, poisoned);
  EXPECT_FALSE(run.collapsed.empty());
  EXPECT_GE(run.collapsed.begin()->first, poisoned);
}

TEST(StepRollback, SwitchedOffNothingIsKeptOrUndone) {
  StepOptions options = quick_to_mark();
  options.model.rollback.enabled = false;
  const auto events = poisoned_events(1000, 20);
  const auto store = make_memory_store();
  EXPECT_THAT(run_all(*store, options, events).collapsed, IsEmpty());
  EXPECT_THAT(rows_of(*store, "before0") + rows_of(*store, "before1"), IsEmpty());
}

TEST(StepRollback, SwitchedOffLaterItsRowsGo) {
  const auto events = walk_events(1000, 3);
  const auto store = make_memory_store();
  StepOptions options = small_step_options();
  run_all(*store, options, std::span(events).first(500));
  ASSERT_THAT(rows_of(*store, "before0"), Not(IsEmpty()));
  options.model.rollback.enabled = false;
  auto step = Step::open(options, *store);
  ASSERT_TRUE(step.ok());
  for (std::uint64_t number = 21; number <= 40; ++number) {
    WriteBatch batch;
    ASSERT_TRUE((*step)->run(step_input(number, std::span(events).subspan((number - 1) * kBatch, kBatch)), batch).ok());
    ASSERT_TRUE(store->commit(batch).ok());
  }
  EXPECT_THAT(rows_of(*store, "before0") + rows_of(*store, "before1"), IsEmpty());
  EXPECT_THAT(rows_of(*store, "learner"), Not(HasSubstr("/watch")));
}

}  // namespace
}  // namespace millrace::testing
