// Every protocol over streams whose figures are computed by hand: the popular items of what may be known, nothing else.
#include "app/evaluate/protocols/protocols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/evaluate/fixture.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using testing::event_of;
using ::testing::HasSubstr;
using testing::learner;
using testing::options_with;
using testing::part;
using testing::run;
using testing::session_of;
using testing::strangers;
using testing::value_of;

EvaluateOptions popular_at(ProtocolKind kind, std::vector<std::size_t> at) {
  EvaluateOptions options = options_with({"popular"});
  options.protocol.kind = kind;
  options.protocol.at = std::move(at);
  options.protocol.periods = 1;
  return options;
}

// The family's figure and the evaluation's own count must both be it.
void expect_popular(const EvaluationReport& report, const std::string& metric, double value) {
  EXPECT_DOUBLE_EQ(value_of(learner(report, "popular"), metric), value) << metric;
  EXPECT_DOUBLE_EQ(value_of(learner(report, "running_popularity"), metric), value) << metric;
}

EventStream stream_of(std::vector<Event> events) { return {"made up", std::move(events), {}}; }

// Counts before each event: –; a1; a2; a3 (b unknown); a3 b1; a3 b2; a3 b3, a tie, counts against; a3 b4.
TEST(Prequential, EveryEventIsPredictedFromAllBefore) {
  const EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {1});
  const EvaluationReport report = run(options, strangers("aaabbbbb"));
  EXPECT_EQ(report.trials, 8U);
  EXPECT_EQ(report.events, 8U);
  expect_popular(report, "recall@1", 3.0 / 8.0);
}

TEST(Prequential, WhatIsSynchronisedSeldomIsStale) {
  EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {1});
  options.protocol.periods = 2;
  options.sync = {1};  // nothing known; then a3 b1
  expect_popular(run(options, strangers("aaabbbbb")), "recall@1", 0.0);
  options.sync = {2};  // nothing; a2: one hit; a3 b1; a3 b3
  expect_popular(run(options, strangers("aaabbbbb")), "recall@1", 1.0 / 8.0);
  options.sync = {4};  // before every event
  expect_popular(run(options, strangers("aaabbbbb")), "recall@1", 3.0 / 8.0);
  options.sync = {
      3};  // of four events: before the first, the third, the fourth. –, –; a2: hit; a3; a3 b1 ×2; a3 b3; a3 b4: hit
  expect_popular(run(options, strangers("aaabbbbb")), "recall@1", 2.0 / 8.0);
}

// While the rest is frozen, v's own first touch is left out of v's next list.
TEST(Prequential, AUsersOwnHistoryIsNeverStale) {
  EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {1});
  options.step.rules.exclude_seen = true;
  options.protocol.periods = 2;
  options.sync = {1};
  EventStream stream = strangers("aaabb");
  for (const char* item : {"a", "b", "a", "c", "c"})
    stream.events.push_back(event_of(10 + static_cast<std::int64_t>(stream.events.size()), "v", item));
  const EvaluationReport report = run(options, std::move(stream));
  EXPECT_EQ(report.trials, 8U);  // v's second a and second c are no first touches
  expect_popular(report, "recall@1", 2.0 / 8.0);
}

TEST(Prequential, NeverLooksAtATimeTie) {
  EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {10});
  EventStream stream;
  for (int i = 0; i < 40; ++i) {  // two users meet the same new item at the same time
    stream.events.push_back(event_of(i / 2, i % 2 == 0 ? "a" : "b", std::to_string(i / 2)));
  }
  const EvaluationReport report = run(options, std::move(stream));
  EXPECT_EQ(report.trials, 40U);
  expect_popular(report, "recall@10", 0.0);
}

TEST(Prequential, ScoresFirstTouchesAfterTheSkippedShare) {
  EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {10});
  options.step.rules.exclude_seen = true;
  options.protocol.skip_share = 0.2;
  EventStream stream;
  for (int i = 0; i < 100; ++i) stream.events.push_back(event_of(i, "a", std::to_string(i % 50)));
  EXPECT_EQ(run(options, std::move(stream)).trials, 40U);
}

TEST(Prequential, SplitsUsersAndItemsByWhatWasKnownOfThem) {
  EvaluateOptions options = popular_at(ProtocolKind::kPrequential, {1});
  EventStream stream = strangers("aaaaaab");
  stream.events.push_back(event_of(20, "user-0", "a"));
  stream.events.push_back(event_of(21, "user-0", "b"));
  const EvaluationReport report = run(options, std::move(stream));
  const ReportRow& popular = learner(report, "popular");
  EXPECT_DOUBLE_EQ(value_of(part(popular, "new"), "recall@1"), 5.0 / 7.0);        // the first a and b are unknown
  EXPECT_DOUBLE_EQ(value_of(part(popular, "returning"), "recall@1"), 1.0 / 2.0);  // a, not b
  EXPECT_DOUBLE_EQ(value_of(part(popular, "warm"), "recall@1"), 1.0);             // a from its sixth on: 2 trials
  EXPECT_DOUBLE_EQ(value_of(part(popular, "cold"), "recall@1"), 4.0 / 7.0);
}

// Period 0 knows a, b, c once each but a twice. Period 1: s1 a→b, s2 x (new) →a is its first known, then b; period 2:
// s3 a→b with a4 b3.
TEST(Continual, TargetsAreKnownItemsAfterTheFirstKnownOneAndPeriodsCountAlike) {
  EvaluateOptions options = popular_at(ProtocolKind::kContinual, {1, 2, 3});
  std::vector<Event> events = session_of("s0", {"a", "b", "c", "a"}, 0);
  for (const Event& event : session_of("s1", {"a", "b"}, 10)) events.push_back(event);
  for (const Event& event : session_of("s2", {"x", "a", "b"}, 20)) events.push_back(event);
  for (const Event& event : session_of("s3", {"a", "b"}, 30)) events.push_back(event);
  options.protocol.period = Millis{15'000};  // 0 … 14, 15 … 29, 30 …
  const auto ends = periods_of_length(events, Millis{15'000});
  EXPECT_THAT(ends, ElementsAre(6U, 9U, 11U));
  const EvaluationReport report = run(options, stream_of(events));
  EXPECT_EQ(report.trials, 2U);             // b of s2, b of s3
  expect_popular(report, "recall@1", 0.0);  // a leads throughout
  expect_popular(report, "recall@2", 1.0);  // a4 b2 c1 x1; then a5 b3
  EXPECT_EQ(value_of(learner(report, "popular"), "mrr@2"), 0.5);
}

TEST(Continual, SessionsAreCutByGapsWhereTheEventsGiveNone) {
  std::vector<Event> events{event_of(0, "u", "a"), event_of(60, "u", "a"), event_of(5000, "u", "a"),
                            event_of(5001, "v", "a")};
  events.back().session = "7";
  const std::vector<std::string> keys = session_keys(events, Millis{1'800'000});
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_NE(keys[1], keys[2]);
  EXPECT_NE(keys[2], keys[3]);
  EvaluateOptions options = popular_at(ProtocolKind::kContinual, {1});
  options.protocol.periods = 2;
  events = {event_of(0, "u", "a"), event_of(1, "w", "a"), event_of(9000, "u", "a"), event_of(9001, "u", "a")};
  EXPECT_EQ(run(options, stream_of(events)).trials, 1U);
}

// Nothing known; a1 b1, c unknown: a second by the tie; a2 b1 c1: a first, b third by the tie.
TEST(Baskets, ArePredictedWhole) {
  EvaluateOptions options = popular_at(ProtocolKind::kBasket, {2});
  const std::vector<Event> events{event_of(1, "u", "a"), event_of(1, "u", "b"), event_of(2, "v", "a"),
                                  event_of(2, "v", "c"), event_of(3, "u", "a"), event_of(3, "u", "b")};
  const EvaluationReport report = run(options, stream_of(events));
  EXPECT_EQ(report.trials, 3U);
  expect_popular(report, "recall@2", 1.0 / 3.0);
  expect_popular(report, "precision@2", 1.0 / 3.0);
  expect_popular(report, "f1@2", 1.0 / 3.0);
  expect_popular(report, "hr@2", 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(value_of(part(learner(report, "popular"), "new"), "recall@2"), 0.25);
  EXPECT_DOUBLE_EQ(value_of(part(learner(report, "popular"), "returning"), "recall@2"), 0.5);
}

TEST(Baskets, AreKnownWhenTheirLastLineIsPast) {
  EvaluateOptions options = popular_at(ProtocolKind::kBasket, {1});
  std::vector<Event> events{event_of(1, "u", "a"), event_of(3, "v", "a"), event_of(5, "u", "b"), event_of(6, "w", "a")};
  events[0].session = events[2].session = "u's";
  const EvaluationReport report = run(options, stream_of(events));
  EXPECT_EQ(report.trials, 3U);
  // v's comes while u's is open; w's after both: a2 b1.
  expect_popular(report, "recall@1", 1.0 / 3.0);
}

TEST(Ratings, AreScoredByTheirErrors) {
  EvaluateOptions options = popular_at(ProtocolKind::kRatings, {1});
  EventStream stream = strangers("aaa");
  const std::vector<float> values{4.0F, 2.0F, 6.0F};  // predicted by the mean so far: 0, 4, 3, but clipped to 2 … 4
  for (std::size_t i = 0; i < 3; ++i) {
    stream.events[i].kind = KindIndex{2};
    stream.events[i].value = values[i];
  }
  const EvaluationReport report = run(options, std::move(stream));
  EXPECT_EQ(report.trials, 3U);
  EXPECT_DOUBLE_EQ(value_of(report.served, "mae"), (4.0 + 2.0 + 3.0) / 3.0);
  EXPECT_DOUBLE_EQ(value_of(report.served, "rmse"), std::sqrt((16.0 + 4.0 + 9.0) / 3.0));
}

// What is learnt of ratings between two synchronisations does not help: the frozen experts predict worse.
TEST(Ratings, AreStaleToo) {
  EvaluateOptions options = options_with({"ratings"});
  options.protocol.kind = ProtocolKind::kRatings;
  options.protocol.periods = 1;
  EventStream stream;
  for (int i = 0; i < 600; ++i) {
    Event rating = event_of(i, "user-" + std::to_string(i % 20), "item-" + std::to_string((i * 7) % 30));
    rating.kind = KindIndex{2};
    rating.value = (i * 7) % 30 < 15 ? 1.0F : 5.0F;
    stream.events.push_back(rating);
  }
  const double fresh = value_of(run(options, stream).served, "rmse");
  options.sync = {1};
  const EvaluationReport stale = run(options, stream);
  EXPECT_EQ(stale.trials, 600U);
  EXPECT_LT(fresh, 0.8 * value_of(stale.served, "rmse"));
}

// Learnt: u a b, v a, w a; asked: u c (unknown), v b of a3 b1. What v does after it is nobody's business.
TEST(LeaveLastOut, PredictsTheLastFromEverythingElse) {
  EvaluateOptions options = popular_at(ProtocolKind::kLeaveLastOut, {1, 2});
  options.protocol.events_min = 2;
  std::vector<Event> events{event_of(1, "u", "a"), event_of(2, "v", "a"), event_of(3, "u", "b"), event_of(4, "w", "a"),
                            event_of(5, "v", "b"), event_of(6, "u", "c"), event_of(7, "v", "b")};
  events.back().kind = KindIndex{2};  // a rating is no target
  const EvaluationReport report = run(options, stream_of(events));
  EXPECT_EQ(report.trials, 2U);
  EXPECT_EQ(report.events, 4U);
  expect_popular(report, "recall@1", 0.0);
  expect_popular(report, "recall@2", 0.5);
}

TEST(Protocols, SayWhyNothingIsScored) {
  EvaluateOptions options = popular_at(ProtocolKind::kRatings, {1});
  EXPECT_THAT(evaluate(options, strangers("ab")).error().message,
              HasSubstr("evaluating strangers by ratings: of its 2 events none is scored; expected events of a kind"));
  EXPECT_THAT(evaluate(options, strangers("")).error().message, HasSubstr("strangers: it holds no event"));
  EXPECT_THAT(parse_protocol("crossvalidation").error().message, HasSubstr("expected prequential, continual, basket"));
  EXPECT_EQ(protocol_name(*parse_protocol("leave-last-out")), "leave-last-out");
}

TEST(Protocols, RefuseWhatTheyHaveNoUseFor) {
  EvaluateOptions options = popular_at(ProtocolKind::kLeaveLastOut, {1});
  options.sync = {10};
  EXPECT_THAT(evaluate(options, strangers("ab")).error().message,
              HasSubstr("evaluating by leave-last-out with --sync 10: its model is trained once"));
  options = popular_at(ProtocolKind::kContinual, {1});
  options.protocol.skip_share = 0.2;
  EXPECT_THAT(evaluate(options, strangers("ab")).error().message, HasSubstr("by continual with --skip: only"));
  options = popular_at(ProtocolKind::kBasket, {1});
  options.protocol.period = Millis{1000};
  EXPECT_THAT(evaluate(options, strangers("ab")).error().message, HasSubstr("by basket with --period: its periods"));
}

}  // namespace
}  // namespace millrace
