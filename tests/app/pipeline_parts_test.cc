#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/log.h"
#include "app/pipeline_effort.h"
#include "app/pipeline_lease.h"
#include "app/pipeline_partition_counts.h"
#include "app/pipeline_pauses.h"
#include "app/pipeline_start.h"
#include "app/pipeline_versions.h"
#include "publish/delivery_marks.h"
#include "publish/publisher.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

StartFacts facts(std::optional<std::int64_t> local, std::optional<std::int64_t> committed, std::int64_t low,
                 std::int64_t high) {
  StartFacts result;
  if (local) result.local = Offset{*local};
  if (committed) result.committed = Offset{*committed};
  result.marks = {Offset{low}, Offset{high}};
  return result;
}

StartDecision decide(const StartFacts& found, const StartPolicy& policy = {}) {
  const auto decision = decide_start("clicks partition 3", found, policy);
  EXPECT_TRUE(decision.ok()) << decision.error().message;
  return decision.ok() ? *decision : StartDecision{};
}

std::string refusal(const StartFacts& found, const StartPolicy& policy = {}) {
  const auto decision = decide_start("clicks partition 3", found, policy);
  EXPECT_FALSE(decision.ok());
  if (decision.ok()) return "";
  EXPECT_EQ(decision.error().code, ErrorCode::kGap);
  EXPECT_THAT(decision.error().message, HasSubstr("clicks partition 3"));
  return decision.error().message;
}

TEST(StartPositionRules, APartitionNobodyReadBeginsWhereConfigured) {
  const StartDecision earliest = decide(facts({}, {}, 10, 90));
  EXPECT_EQ(raw(earliest.next), 10);
  EXPECT_TRUE(earliest.fresh);
  EXPECT_EQ(raw(decide(facts({}, {}, 10, 90), {StartPosition::kLatest, false}).next), 90);
}

TEST(StartPositionRules, TheStoresOffsetCounts) {
  for (const std::int64_t local : {10, 50, 90}) {
    const StartDecision decision = decide(facts(local, local, 10, 90), {StartPosition::kLatest, false});
    EXPECT_EQ(raw(decision.next), local);
    EXPECT_FALSE(decision.fresh);
    EXPECT_EQ(decision.behind, 0);
  }
  EXPECT_EQ(decide(facts(50, 40, 10, 90)).behind, 0) << "the group's offset is committed after the store's";
  EXPECT_EQ(raw(decide(facts(50, {}, 10, 90)).next), 50);
}

TEST(StartPositionRules, AStoreBehindTheGroupReadsTheDifferenceAgain) {
  const StartDecision decision = decide(facts(50, 70, 10, 90));
  EXPECT_EQ(raw(decision.next), 50);
  EXPECT_EQ(decision.behind, 20);
}

TEST(StartPositionRules, DeletedRecordsAreAGap) { EXPECT_THAT(refusal(facts(9, 9, 10, 90)), HasSubstr("retention")); }

TEST(StartPositionRules, ATopicThatEndsBeforeTheStoreWasCreatedAnew) {
  EXPECT_THAT(refusal(facts(91, 91, 10, 90)), HasSubstr("created anew"));
}

TEST(StartPositionRules, AnEmptyStoreOfAKnownGroupAsksForABackupOrARebuild) {
  EXPECT_THAT(refusal(facts({}, 50, 10, 90)), HasSubstr("run --rebuild"));
  const StartDecision rebuilt = decide(facts({}, 50, 10, 90), {StartPosition::kLatest, true});
  EXPECT_EQ(raw(rebuilt.next), 10) << "a rebuild takes all that the topic still holds";
  EXPECT_EQ(rebuilt.behind, 40) << "lists wait until the group's offset is reached again";
}

StartFacts moved(StartFacts found) {
  found.elsewhere = true;
  return found;
}

constexpr StartPolicy kRebuildMoved{StartPosition::kEarliest, false, MovedPartition::kRebuild};

TEST(StartPositionRules, APartitionWhoseNewestStateIsElsewhereIsRefusedOrReadAgain) {
  EXPECT_THAT(refusal(moved(facts({}, 50, 0, 90))), HasSubstr("kafka.on_moved_partition = \"rebuild\""));
  EXPECT_THAT(refusal(moved(facts(30, 50, 0, 90))), HasSubstr("kafka.on_moved_partition = \"rebuild\""));
  const StartDecision absent = decide(moved(facts({}, 50, 0, 90)), kRebuildMoved);
  EXPECT_EQ(raw(absent.next), 0);
  EXPECT_EQ(absent.behind, 50);
  EXPECT_TRUE(absent.fresh);
  const StartDecision older = decide(moved(facts(30, 50, 10, 90)), kRebuildMoved);
  EXPECT_EQ(raw(older.next), 30);
  EXPECT_EQ(older.behind, 20);
}

TEST(StartPositionRules, AMovedPartitionThatCannotBeReadFromItsBeginningIsRefused) {
  EXPECT_THAT(refusal(moved(facts({}, 50, 1, 90)), kRebuildMoved), HasSubstr("cannot be rebuilt whole"));
  EXPECT_THAT(refusal(moved(facts(9, 50, 10, 90)), kRebuildMoved), HasSubstr("retention"));
  EXPECT_EQ(raw(decide(moved(facts({}, 50, 1, 90)), {StartPosition::kEarliest, true}).next), 1);
}

TEST(StartPositionRules, AStateAheadOfWhatAnotherInstanceReadGoesOn) {
  const StartDecision decision = decide(moved(facts(50, 40, 10, 90)));
  EXPECT_EQ(raw(decision.next), 50);
  EXPECT_EQ(decision.behind, 0);
}

// The first `owned[t]` partitions of topic t, out of `counts[t]`.
bool shares(const std::vector<std::int32_t>& owned, const std::vector<std::int32_t>& counts) {
  std::vector<TopicPartition> assigned;
  for (std::size_t topic = 0; topic < owned.size(); ++topic) {
    for (std::int32_t partition = 0; partition < owned[topic]; ++partition) {
      assigned.push_back({TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{partition}});
    }
  }
  return shares_group(assigned, counts);
}

TEST(SharesGroup, WhereOthersHaveAPartOfEveryTopic) {
  EXPECT_FALSE(shares({8, 8}, {8, 8}));
  EXPECT_TRUE(shares({4, 4}, {8, 8}));
  EXPECT_TRUE(shares({0, 0}, {8, 8}));
  EXPECT_TRUE(shares({4, 1}, {8, 1})) << "the only partition of a topic is the first member's, whoever else there is";
}

TEST(SharesGroup, ATopicThatHasGrownSinceItWasDealtIsNotShared) {
  EXPECT_FALSE(shares({10, 8}, {10, 10}));
  EXPECT_FALSE(shares({8, 8}, {8, 10}));
  EXPECT_TRUE(shares({5, 4}, {10, 10})) << "another member has the rest";
}

TEST(VersionBase, IsKeptInTheStore) {
  const auto store = make_memory_store();
  WriteBatch batch;
  auto versions = Versions::open(*store, batch);
  EXPECT_EQ(versions->base(), 0U);
  versions->raise(0, 0, Millis{1'000}, batch);
  EXPECT_EQ(versions->base(), 1'000'000U);
  ASSERT_TRUE(store->commit(batch).ok());
  EXPECT_EQ(Versions::open(*store, batch)->base(), 1'000'000U);
}

TEST(VersionBase, VersionsContinueAboveTheClockAndWhatWasPublished) {
  const auto store = make_memory_store();
  WriteBatch batch;
  auto versions = Versions::open(*store, batch);
  versions->raise(0, 50, Millis{1'000}, batch);
  EXPECT_EQ(versions->base() + 50, 1'000'000U);
  versions->raise(5'000'000, 50, Millis{2'000}, batch);
  EXPECT_EQ(versions->base() + 50, 5'000'000U) << "the clock was set back";
  versions->raise(0, 20, Millis{6'000}, batch);
  EXPECT_EQ(versions->base() + 20, 6'000'000U) << "an older store continues above what a newer one published";
  batch.clear();
  versions->raise(0, 20, Millis{500}, batch);
  EXPECT_EQ(versions->base() + 20, 6'000'000U);
  EXPECT_TRUE(batch.empty());
}

TEST(GroupNotes, ComeBackAndForeignOnesCountAsNone) {
  const GroupNote note{1'700'000'000'000'123, "0123456789abcdef"};
  EXPECT_EQ(read_note(write_note(note)), note);
  EXPECT_EQ(read_note("version=17"), (GroupNote{17, ""})) << "of a version that did not name its store";
  for (const char* text : {"", "somebody else's", "version=x"}) EXPECT_EQ(read_note(text), GroupNote{});
}

TEST(StoreIdentity, IsDrawnOnceAndStays) {
  const auto store = make_memory_store();
  WriteBatch batch;
  const std::string drawn = Versions::open(*store, batch)->identity();
  EXPECT_EQ(drawn.size(), 16U);
  ASSERT_TRUE(store->commit(batch).ok());
  WriteBatch none;
  EXPECT_EQ(Versions::open(*store, none)->identity(), drawn);
  const auto other = make_memory_store();
  EXPECT_NE(Versions::open(*other, none)->identity(), drawn);
}

struct SteppingClock final : Clock {
  Millis now() const override { return time; }
  Millis time{1'000'000};
};

TEST(Lease, IsGoodForAThirdOfTheSessionTimeout) {
  SteppingClock clock;
  Lease lease(clock, Millis{6'000});
  EXPECT_FALSE(lease.valid()) << "nothing is certain before the group has answered";
  lease.renew(lease.now());
  clock.time.count += 1'999;
  EXPECT_TRUE(lease.valid());
  clock.time.count += 1;
  EXPECT_FALSE(lease.valid());
}

EffortSettings from_one_to_five_replays() {
  EffortSettings settings;
  settings.replays_min = 1;
  settings.replays_max = 5;
  settings.ranked_min_percent = 12;
  settings.depth_min_percent = 50;
  return settings;
}

TEST(EffortGovernor, TrainsMostWhenNothingWaitsAndLeastWhenBehind) {
  const EffortSettings settings = from_one_to_five_replays();
  EffortGovernor governor(settings);
  EXPECT_EQ(governor.decide(1'000, 0, 0.0), (Effort{5, settings.ranked_examples, 100}));
  governor.observe(50, 0.005);  // 10,000 a second
  EXPECT_EQ(governor.decide(1'000, 0, 0.0).replays, 5U) << "hardly behind";
  EXPECT_EQ(governor.decide(1'000, 75, 0.0).replays, 3U);
  const Effort least = governor.decide(1'000, 1'000'000, 0.0);
  EXPECT_EQ(least.replays, 1U);
  EXPECT_EQ(least.depth_percent, settings.depth_min_percent);
  EXPECT_EQ(least.ranked_examples, 16U);
  EXPECT_EQ(governor.decide(20, 1'000'000, 0.0).ranked_examples, 3U) << "no larger a share of a short step";
}

TEST(EffortGovernor, ALongStepThatNothingFollowedLetRecordsWait) {
  const EffortSettings settings = from_one_to_five_replays();
  EffortGovernor governor(settings);
  governor.observe(2'000, 0.1);
  EXPECT_EQ(governor.decide(1'000, 0, 0.0).replays, 1U) << "what is at hand came during the last step";
  EffortGovernor rested(settings);
  rested.observe(2'000, 0.1);
  EXPECT_EQ(rested.decide(1'000, 0, 0.2).replays, 5U) << "what is at hand came after it";
}

TEST(EffortGovernor, FallsAtOnceAndRisesSlowly) {
  EffortGovernor governor(from_one_to_five_replays());
  governor.observe(100, 0.01);
  EXPECT_EQ(governor.decide(1'000, 1'000'000, 0.0).replays, 1U);
  EXPECT_EQ(governor.decide(1'000, 0, 1.0).replays, 1U);
  for (int i = 0; i < 60; ++i) (void)governor.decide(1'000, 0, 1.0);
  EXPECT_EQ(governor.decide(1'000, 0, 1.0).replays, 5U);
  EXPECT_EQ(governor.decide(1'000, 0, 1.0).depth_percent, 100U);
}

TEST(EffortGovernor, TrainsMoreWhileTheServiceIsIdleIfSoConfigured) {
  EffortSettings settings;
  settings.replays_max = 4;
  settings.replays_idle = 8;
  EffortGovernor governor(settings);
  const auto go_on = [&governor](double seconds, double idle_seconds) {
    Effort effort;
    for (int i = 0; i < 500; ++i) {
      effort = governor.decide(1'000, 0, idle_seconds);
      governor.observe(10, seconds);
    }
    return effort;
  };
  EXPECT_EQ(governor.decide(1'000, 0, 0.0).replays, 4U) << "nothing is known of the load";
  EXPECT_EQ(go_on(0.005, 0.195).replays, 8U);
  EXPECT_NEAR(governor.busy(), 0.025, 0.001);
  EXPECT_EQ(go_on(0.06, 0.14).replays, 6U);
  EXPECT_EQ(go_on(0.15, 0.15).replays, 4U);
  EXPECT_LT(governor.decide(1'000, 1'000'000, 0.2).replays, 1U) << "behind is behind";
}

TEST(EffortBetween, GoesFromTheLeastToTheMost) {
  const EffortSettings settings = from_one_to_five_replays();
  EXPECT_EQ(effort_between(settings, 0.0, 5.0, 128), (Effort{1, 16, 50}));
  EXPECT_EQ(effort_between(settings, 0.5, 5.0, 128), (Effort{3, 72, 75}));
  EXPECT_EQ(effort_between(settings, 1.0, 5.0, 128), (Effort{5, 128, 100}));
}

TEST(EffortGovernor, EqualBoundsAreFixed) {
  EffortSettings settings;
  settings.replays_min = settings.replays_max = 2;
  settings.depth_min_percent = settings.ranked_min_percent = 100;
  EffortGovernor governor(settings);
  for (const std::int64_t lag : {0, 7, 100'000}) {
    for (const double idle_seconds : {0.0, 1'000.0}) {
      EXPECT_EQ(governor.decide(1'000, lag, idle_seconds),
                (Effort{.replays = 2, .ranked_examples = settings.ranked_examples}));
      governor.observe(10, 1.0);
    }
  }
}

TEST(BacklogGauge, PausesAboveTheBoundAndResumesBelowHalf) {
  BacklogGauge gauge(100, 1'000);
  EXPECT_FALSE(gauge.update(100, 1'000));
  EXPECT_TRUE(gauge.update(101, 0));
  EXPECT_TRUE(gauge.update(51, 0));
  EXPECT_FALSE(gauge.update(50, 500));
  EXPECT_TRUE(gauge.update(0, 1'001));
  EXPECT_TRUE(gauge.update(0, 501));
  EXPECT_FALSE(gauge.update(0, 0));
}

TEST(DeadLetterGauge, PassesOnceTheNewestRecordsAreMostlyBroken) {
  DeadLetterGauge gauge(0.5F);
  EXPECT_FALSE(gauge.add(500, 500)) << "too few to judge";
  EXPECT_FALSE(gauge.add(500, 0));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(gauge.add(100, 50));
  EXPECT_TRUE(gauge.add(900, 900));
  EXPECT_FALSE(gauge.add(1000, 0)) << "told once";
  EXPECT_TRUE(gauge.passed());
}

TEST(DeadLetterGauge, AShareOfOneNeverPasses) {
  DeadLetterGauge gauge(1.0F);
  EXPECT_FALSE(gauge.add(10'000, 10'000));
}

TEST(LogLine, IsLogfmtOnOneLine) {
  EXPECT_EQ(format_log_line(Millis{1'700'000'000'123}, LogLevel::kWarn, "hello",
                            {{"step", 12}, {"share", 0.25}, {"error", "a \"b\"\nc"}, {"none", ""}}),
            R"(time=2023-11-14T22:13:20.123Z level=warn msg=hello step=12 share=0.25 error="a \"b\" c" none="")");
}

}  // namespace
}  // namespace millrace
