// Frozen copies: users go on, everything else stands still, and nothing is lost when it thaws.
#include "app/evaluate/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/evaluate/frozen.h"
#include "app/evaluate/staleness.h"
#include "store/memory_store.h"
#include "tests/app/evaluate/fixture.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::runner_of;
using testing::session_of;
using testing::small_step_options;
using testing::walk_events;

TEST(Sync, IsReadFromWords) {
  EXPECT_TRUE(parse_sync("event")->every_event());
  EXPECT_EQ(parse_sync("period")->per_period, 1U);
  EXPECT_EQ(parse_sync("100")->name(), "100");
  for (const char* wrong : {"never", "0", "-1", "3x", ""}) EXPECT_FALSE(parse_sync(wrong).ok()) << wrong;
  EXPECT_THAT(parse_sync("never").error().message, HasSubstr("expected event, period, or how often a period"));
}

TEST(Sync, ACurveGoesFromTheStalestToTheFreshest) {
  const auto syncs = parse_syncs({"event", "10", "period", "100"});
  ASSERT_TRUE(syncs.ok());
  EXPECT_EQ(syncs->front().name(), "period");
  EXPECT_EQ(syncs->back().name(), "event");
  EXPECT_THAT(parse_syncs({"1", "period"}).error().message, HasSubstr("stands twice"));
}

class FrozenTest : public ::testing::Test {
 protected:
  // Applies the events to the store, as a step would.
  void apply(std::span<const Event> events) {
    auto features = open_features(options_, *store_);
    ASSERT_TRUE(features.ok());
    for (const Event& event : events) ASSERT_TRUE((*features)->apply(event).ok());
    WriteBatch batch;
    (*features)->flush(batch);
    ASSERT_TRUE(store_->commit(batch).ok());
  }
  FeatureOptions options_ = small_step_options().features;
  std::unique_ptr<Store> store_ = make_memory_store();
};

TEST_F(FrozenTest, AContextEqualsTheOneThatFeaturesWouldMake) {
  apply(session_of("old", {"a", "b", "c", "d"}, 100));
  auto frozen = FrozenFeatures::open(options_, *store_);
  ASSERT_TRUE(frozen.ok());
  std::vector<std::string> items;
  items.reserve(30);
  for (int i = 0; i < 30; ++i) items.emplace_back(1, static_cast<char>('a' + i % 4));
  const std::vector<Event> more = session_of("old", items, 200);
  for (const Event& event : more) ASSERT_TRUE(frozen->apply(event).ok());
  const auto context = frozen->context(UserId("old"), Millis{500'000}, "old");
  ASSERT_TRUE(context.ok());
  apply(more);
  const auto applied = (*open_features(options_, *store_))->context(UserId("old"), Millis{500'000}, "old");
  EXPECT_EQ(*context, *applied);
}

TEST_F(FrozenTest, ItemsThatCameSinceKeepTheirPlace) {
  apply(session_of("old", {"a"}, 100));
  auto frozen = FrozenFeatures::open(options_, *store_);
  ASSERT_TRUE(frozen.ok());
  for (const Event& event : session_of("new", {"a", "x", "a"}, 200)) ASSERT_TRUE(frozen->apply(event).ok());
  const auto context = frozen->context(UserId("new"), Millis{300'000}, "new");
  ASSERT_TRUE(context.ok());
  ASSERT_EQ(context->history.size(), 3U);
  EXPECT_EQ(context->history[1].item, kUnknownItem);
  EXPECT_EQ(context->seen, (std::vector<SeenItem>{{ItemIndex{0}, 2, Millis{202'000}}}));
  EXPECT_EQ(context->session_length, 3U);
}

std::vector<Ranking> ask_all(StepRunner& runner, std::span<const Event> events) {
  std::vector<Ranking> lists;
  runner.set_sink({[&lists](const Answer& answer) { lists.push_back(answer.served); }, {}, {}});
  for (const Event& event : events) {
    EXPECT_TRUE(runner.ask(event.user, event.session, event.event_time).ok());
  }
  EXPECT_TRUE(runner.flush().ok());
  return lists;
}

// The same questions, asked frozen twice and after learning: only learning changes the answers.
TEST(Runner, NothingMovesWhileItIsFrozen) {
  const auto runner = runner_of({"related", "popular", "encoder"});
  const std::vector<Event> events = walk_events(400, 3);
  for (const Event& event : events) ASSERT_TRUE(runner->add(event).ok());
  const std::vector<Event> asked = session_of("stranger", {"item-1", "item-5", "item-9"}, 1'700'001'000);
  ASSERT_TRUE(runner->freeze().ok());
  const std::vector<Ranking> before = ask_all(*runner, asked);
  for (const Event& event : walk_events(300, 9)) ASSERT_TRUE(runner->add(event).ok());
  EXPECT_EQ(ask_all(*runner, asked), before);
  ASSERT_TRUE(runner->thaw().ok());
  EXPECT_NE(ask_all(*runner, asked), before);
}

// Frozen and thawed where the batch is full anyway, everything but the ranker learns what it would have learnt.
TEST(Runner, WhatWaitsIsLearntAsIfItHadNotWaited) {
  StepOptions options = small_step_options();
  options.model.families = {"related", "popular", "encoder", "ratings"};
  options.model.ranker.learn = false;
  const auto straight = runner_of(options, 16);
  const auto waiting = runner_of(options, 16);
  const std::vector<Event> events = walk_events(480, 3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i % 160 == 0) {
      ASSERT_TRUE(waiting->thaw().ok());
      ASSERT_TRUE(waiting->freeze().ok());
    }
    if (i % 10 == 0) {
      ASSERT_TRUE(waiting->ask(events[i].user, "", events[i].event_time).ok());
    }
    ASSERT_TRUE(straight->add(events[i]).ok());
    ASSERT_TRUE(waiting->add(events[i]).ok());
  }
  ASSERT_TRUE(waiting->thaw().ok());
  ASSERT_TRUE(straight->flush().ok());
  EXPECT_EQ(ask_all(*waiting, std::span(events).last(20)), ask_all(*straight, std::span(events).last(20)));
}

// As above, but for the ranker: what a copy offered is not what a model that went on, or a fresher copy, would have
// offered. Everything else is the same in all three, so they differ only if the ranker learns, and from the copy.
TEST(Runner, TheRankerLearnsFromThePredictionsOfTheCopy) {
  const auto straight = runner_of({"related", "popular"}, 16);
  const auto waiting = runner_of({"related", "popular"}, 16);
  const auto fresher = runner_of({"related", "popular"}, 16);
  const std::vector<Event> events = walk_events(480, 3);
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i == 160) {
      const auto before = ask_all(*straight, std::span(events).first(20));
      ASSERT_EQ(ask_all(*waiting, std::span(events).first(20)), before);
      ASSERT_EQ(ask_all(*fresher, std::span(events).first(20)), before);
      ASSERT_TRUE(waiting->freeze().ok());
    }
    if (i == 160 || i == 320) {
      ASSERT_TRUE(fresher->thaw().ok());
      ASSERT_TRUE(fresher->freeze().ok());
    }
    for (const auto* runner : {&straight, &waiting, &fresher}) ASSERT_TRUE((*runner)->add(events[i]).ok());
  }
  for (const auto* runner : {&straight, &waiting, &fresher}) ASSERT_TRUE((*runner)->thaw().ok());
  const auto lists = ask_all(*waiting, std::span(events).last(20));
  EXPECT_NE(lists, ask_all(*straight, std::span(events).last(20)));
  EXPECT_NE(lists, ask_all(*fresher, std::span(events).last(20)));
}

}  // namespace
}  // namespace millrace
