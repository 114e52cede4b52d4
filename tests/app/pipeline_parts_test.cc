#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/log.h"
#include "app/pipeline_effort.h"
#include "app/pipeline_pauses.h"
#include "app/pipeline_start.h"
#include "app/pipeline_versions.h"
#include "publish/dirty_row.h"
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
    EXPECT_EQ(decision.rewound, 0);
  }
  EXPECT_EQ(decide(facts(50, 40, 10, 90)).rewound, 0) << "the group's offset is committed after the store's";
  EXPECT_EQ(raw(decide(facts(50, {}, 10, 90)).next), 50);
}

TEST(StartPositionRules, AStoreBehindTheGroupReadsTheDifferenceAgain) {
  const StartDecision decision = decide(facts(50, 70, 10, 90));
  EXPECT_EQ(raw(decision.next), 50);
  EXPECT_EQ(decision.rewound, 20);
}

TEST(StartPositionRules, DeletedRecordsAreAGap) { EXPECT_THAT(refusal(facts(9, 9, 10, 90)), HasSubstr("retention")); }

TEST(StartPositionRules, ATopicThatEndsBeforeTheStoreWasCreatedAnew) {
  EXPECT_THAT(refusal(facts(91, 91, 10, 90)), HasSubstr("created anew"));
}

TEST(StartPositionRules, AnEmptyStoreOfAKnownGroupAsksForABackupOrARebuild) {
  EXPECT_THAT(refusal(facts({}, 50, 10, 90)), HasSubstr("run --rebuild"));
  const StartDecision rebuilt = decide(facts({}, 50, 10, 90), {StartPosition::kLatest, true});
  EXPECT_EQ(raw(rebuilt.next), 10) << "a rebuild takes all that the topic still holds";
}

TEST(VersionBase, IsTheClockAtCreationAndStays) {
  const auto store = make_memory_store();
  WriteBatch batch;
  const auto created = Versions::open(*store, Millis{1'000}, batch);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->base(), 1'000'000U);
  ASSERT_TRUE(store->commit(batch).ok());
  WriteBatch second;
  const auto opened = Versions::open(*store, Millis{9'000}, second);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->base(), 1'000'000U);
  EXPECT_TRUE(second.empty());
}

TEST(VersionBase, IsRaisedAboveWhatWasPublished) {
  const auto store = make_memory_store();
  WriteBatch batch;
  auto versions = Versions::open(*store, Millis{1'000}, batch);
  ASSERT_TRUE(versions.ok());
  EXPECT_FALSE(versions->raise(1'000'050, false, 50, Millis{2'000}, batch));
  EXPECT_TRUE(versions->raise(5'000'000, false, 50, Millis{2'000}, batch));
  EXPECT_GT(versions->base(), 5'000'000U);
  EXPECT_TRUE(versions->raise(0, true, 50, Millis{6'000}, batch)) << "a rewound store gets a new base always";
  EXPECT_EQ(versions->base(), 6'000'000U);
  ASSERT_TRUE(store->commit(batch).ok());
  WriteBatch none;
  EXPECT_EQ(Versions::open(*store, Millis{0}, none)->base(), 6'000'000U);
}

// A store in memory that says what a damaged one would.
class OpenedStore final : public Store {
 public:
  explicit OpenedStore(Continuity continuity) : continuity_(continuity) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return rows_->get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return rows_->multi_get(table, keys);
  }
  Status scan(Table table, std::string_view prefix, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return rows_->scan(table, prefix, from, visit);
  }
  Status commit(const WriteBatch& batch) override { return rows_->commit(batch); }
  TableSize size(Table table) const override { return rows_->size(table); }
  Continuity continuity() const override { return continuity_; }

 private:
  std::unique_ptr<Store> rows_ = make_memory_store();
  Continuity continuity_;
};

TEST(VersionBase, IsNewWhereTheStoreMayBeOlderThanWhatWasPublished) {
  for (const Continuity continuity : {Continuity::kUnbroken, Continuity::kUnknown, Continuity::kRewound}) {
    OpenedStore store(continuity);
    WriteBatch first;
    ASSERT_TRUE(Versions::open(store, Millis{1'000}, first).ok());
    ASSERT_TRUE(store.commit(first).ok());
    WriteBatch second;
    const auto opened = Versions::open(store, Millis{9'000}, second);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->base(), continuity == Continuity::kUnbroken ? 1'000'000U : 9'000'000U);
  }
}

TEST(VersionBase, UndeliveredListsAreRenewedToIt) {
  const auto store = make_memory_store();
  RecommendationList list;
  list.user = UserId("ann");
  list.step = 7;
  list.version = 1'000'007;
  WriteBatch batch;
  put_lists({&list, 1}, batch);
  list.user = UserId("bob");
  put_lists({&list, 1}, batch);
  batch.erase(Table::kDirty, "bob");  // delivered
  auto versions = Versions::open(*store, Millis{5'000}, batch);
  ASSERT_TRUE(store->commit(batch).ok());
  WriteBatch renewed;
  ASSERT_TRUE(renew_undelivered(*store, *versions, renewed).ok());
  ASSERT_TRUE(store->commit(renewed).ok());
  EXPECT_EQ(decode_list(UserId("ann"), *store->get(Table::kLists, "ann").value())->version, 5'000'007U);
  EXPECT_EQ(decode_dirty(UserId("ann"), *store->get(Table::kDirty, "ann").value()).value(), 5'000'007U);
  EXPECT_EQ(decode_list(UserId("bob"), *store->get(Table::kLists, "bob").value())->version, 1'000'007U);
}

TEST(VersionBase, NotesComeBackAndForeignOnesCountAsNone) {
  EXPECT_EQ(read_version_note(version_note(1'700'000'000'000'123)), 1'700'000'000'000'123U);
  EXPECT_EQ(read_version_note(""), 0U);
  EXPECT_EQ(read_version_note("somebody else's"), 0U);
  EXPECT_EQ(read_version_note("version=x"), 0U);
}

TEST(EffortGovernor, TrainsMostWhenNothingWaitsAndLeastWhenBehind) {
  EffortSettings settings;
  settings.replays_min = 1;
  settings.replays_max = 5;
  EffortGovernor governor(settings);
  EXPECT_EQ(governor.decide(0).replays, 5U);
  governor.observe(1'000, 0.1);  // 10,000 a second
  EXPECT_EQ(governor.decide(0).replays, 5U);
  EXPECT_EQ(governor.decide(2'500).replays, 3U);
  EXPECT_EQ(governor.decide(1'000'000).replays, 1U);
  EXPECT_EQ(governor.decide(0).ranked_examples, settings.ranked_examples);
}

TEST(EffortGovernor, EqualBoundsAreFixed) {
  EffortSettings settings;
  settings.replays_min = settings.replays_max = 2;
  EffortGovernor governor(settings);
  governor.observe(10, 1.0);
  for (const std::int64_t lag : {0, 7, 100'000}) EXPECT_EQ(governor.decide(lag).replays, 2U);
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
