// Evaluation over streams with a known structure: what is learnt is found, what is shuffled is not, what is frozen
// stands still.
#include "app/evaluate/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/evaluate/evaluator.h"
#include "app/evaluate/frozen.h"
#include "app/evaluate/stream.h"
#include "tests/app/step_fixture.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::small_step_options;
using testing::test_kinds;
using testing::walk_events;

double value_of(const ReportRow& row, const std::string& name) {
  for (const auto& [key, value] : row.values) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no " << name;
  return -1.0;
}

const ReportRow& learner(const EvaluationReport& report, const std::string& name) {
  for (const auto& [key, row] : report.learners) {
    if (key == name) return row;
  }
  ADD_FAILURE() << "no " << name;
  return report.served;
}

EvaluatorOptions recall_at_10() {
  EvaluatorOptions options;
  options.metrics = {{RankMetric::Type::kRecall, 10}};
  options.list_length = 10;
  return options;
}

std::unique_ptr<StepRunner> runner_of(std::vector<std::string> families, std::size_t batch = 16) {
  StepOptions options = small_step_options();
  options.model.families = std::move(families);
  auto runner = StepRunner::open(options, {}, batch);
  EXPECT_TRUE(runner.ok());
  return std::move(*runner);
}

// "session item" lines of users that walk a ring.
class EvaluateTest : public ::testing::Test {
 protected:
  EvaluateOptions options_of(std::size_t events) {
    std::ofstream file(path_);
    file << "user_id,item_id,event_time,event_type,value\n";
    for (const Event& event : walk_events(events, 5)) {
      if (event.quantity < 0.0F) continue;
      file << event.user.bytes << ',' << event.item.bytes << ',' << event.event_time.count << ','
           << test_kinds().at(event.kind).name << ',';
      if (raw(event.kind) == 2) file << event.value;
      file << '\n';
    }
    EvaluateOptions options;
    options.step = small_step_options();
    options.step.model.families = {"related", "popular", "factors", "ratings"};
    options.step.model.factors.dimension = 16;
    options.file.path = path_;
    options.file.kinds = test_kinds();
    options.batch = 32;
    options.at = {5, 10};
    options.progress = false;
    options.config_hash = "abc";
    return options;
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_.string() + "/events.csv";
};

TEST_F(EvaluateTest, FindsTheStructureAndNothingInShuffledTargets) {
  EvaluateOptions options = options_of(3000);
  const auto report = evaluate(options);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_GT(value_of(report->served, "recall@10"), 0.5);
  EXPECT_GT(value_of(learner(*report, "related"), "recall@10"), 0.5);
  EXPECT_LT(value_of(learner(*report, "running_popularity"), "recall@10"), 0.2);
  EXPECT_GT(value_of(report->served, "coverage@10"), 0.5);
  options.shuffle_control = true;
  const auto shuffled = evaluate(options);
  ASSERT_TRUE(shuffled.ok());
  EXPECT_LT(value_of(shuffled->served, "recall@10"), 0.2);
}

TEST_F(EvaluateTest, TheSameSeedGivesTheSameFigures) {
  const EvaluateOptions options = options_of(600);
  const auto first = evaluate(options);
  const auto second = evaluate(options);
  EXPECT_EQ(first->served.values, second->served.values);
}

TEST_F(EvaluateTest, ScoresRatingsBesideTheRunningMean) {
  const auto report = evaluate(options_of(1500));
  ASSERT_TRUE(report.ok());
  EXPECT_GT(value_of(report->served, "mae"), 0.0);
  EXPECT_GT(value_of(learner(*report, "running_mean"), "rmse"), 0.0);
}

TEST_F(EvaluateTest, PrintsATableAndWritesJson) {
  EvaluateOptions options = options_of(300);
  options.json_path = path_ + ".json";
  std::ostringstream out;
  ASSERT_TRUE(run_evaluate(options, out).ok());
  EXPECT_THAT(out.str(), HasSubstr("recall@10"));
  EXPECT_THAT(out.str(), HasSubstr("running_popularity"));
  std::stringstream json;
  json << std::ifstream(options.json_path).rdbuf();
  std::filesystem::remove(options.json_path);
  EXPECT_THAT(json.str(), ::testing::StartsWith("{\"served\": {\"recall@5\": 0."));
  EXPECT_THAT(json.str(), HasSubstr("\"learners\": {\"related\": {"));
  EXPECT_THAT(json.str(), HasSubstr("\"seed\": 1, \"config\": \"abc\"}"));
  options.json_path = "/nonexistent/out.json";
  EXPECT_EQ(run_evaluate(options, out).error().code, ErrorCode::kIo);
}

TEST_F(EvaluateTest, RefusesListsLongerThanTheCandidates) {
  EvaluateOptions options = options_of(10);
  options.at = {options.step.model.ranker.candidates_per_source + 1};
  EXPECT_THAT(evaluate(options).error().message, HasSubstr("expected 1 to"));
}

// Two users at once: what one does in a second must not help to predict the other in that second.
TEST(PredictThenLearn, NeverLooksAtATimeTie) {
  std::vector<Event> events;
  for (int i = 0; i < 400; ++i) {
    Event event;
    event.event_time = event.record_time = Millis{(i / 2) * 1000};
    event.user = UserId(i % 2 == 0 ? "a" : "b");
    event.item = ItemId(std::to_string(i / 2));  // both meet the same new item at the same time
    events.push_back(event);
  }
  const auto runner = runner_of({"popular", "trending"});
  Evaluator evaluator(recall_at_10(), *runner);
  Progress progress(false, "", 0);
  TimedStream stream;
  stream.ranks = [](const Event&) { return true; };
  ASSERT_TRUE(predict_then_learn(events, stream, evaluator, progress).ok());
  EXPECT_EQ(evaluator.trials(), 400U);
  EXPECT_EQ(value_of(evaluator.report().served, "recall@10"), 0.0);
}

TEST(PredictThenLearn, ScoresFirstTouchesAfterTheSkippedShare) {
  std::vector<Event> events;
  for (int i = 0; i < 100; ++i) {
    Event event;
    event.event_time = Millis{i * 1000};
    event.user = UserId("a");
    event.item = ItemId(std::to_string(i % 50));
    events.push_back(event);
  }
  const auto runner = runner_of({"popular"});
  EvaluatorOptions options = recall_at_10();
  options.exclude_seen = true;
  Evaluator evaluator(options, *runner);
  Progress progress(false, "", 0);
  TimedStream stream;
  stream.ranks = [](const Event&) { return true; };
  stream.first_touches = true;
  stream.skip_share = 0.2;
  ASSERT_TRUE(predict_then_learn(events, stream, evaluator, progress).ok());
  EXPECT_EQ(evaluator.trials(), 40U);
}

Trial trial_of(const Event& event) {
  Trial trial;
  trial.user = event.user;
  trial.session = event.session;
  trial.now = event.event_time;
  trial.targets = {event.item};
  trial.cluster = event.user.bytes;
  return trial;
}

std::vector<Event> session_of(const std::string& session, std::vector<std::string> items, std::int64_t start) {
  std::vector<Event> events;
  for (const std::string& item : items) {
    Event event;
    event.user = UserId(session);
    event.session = session;
    event.item = ItemId(item);
    event.event_time = event.record_time = Millis{(start + static_cast<std::int64_t>(events.size())) * 1000};
    events.push_back(event);
  }
  return events;
}

TEST(Frozen, AContextEqualsTheOneThatFeaturesWouldMake) {
  const auto runner = runner_of({"popular"});
  for (const Event& event : session_of("old", {"a", "b", "c", "d"}, 100)) ASSERT_TRUE(runner->add(event).ok());
  ASSERT_TRUE(runner->flush().ok());
  std::vector<std::string> items;
  for (int i = 0; i < 30; ++i) items.emplace_back(1, static_cast<char>('a' + i % 4));
  const std::vector<Event> prefix = session_of("new", items, 200);
  const Millis now{500'000};
  const auto frozen = frozen_context(runner->features(), runner->context_length(), UserId("new"), "new", now, prefix);
  ASSERT_TRUE(frozen.ok());
  for (const Event& event : prefix) ASSERT_TRUE(runner->features().apply(event).ok());
  const auto applied = runner->features().context(UserId("new"), now, "new");
  ASSERT_TRUE(applied.ok());
  EXPECT_EQ(*frozen, *applied);
}

TEST(Frozen, UnknownItemsKeepTheirPlace) {
  const auto runner = runner_of({"popular"});
  ASSERT_TRUE(runner->add(session_of("old", {"a"}, 100)[0]).ok());
  ASSERT_TRUE(runner->flush().ok());
  const std::vector<Event> prefix = session_of("new", {"a", "x", "a"}, 200);
  const auto context = frozen_context(runner->features(), 20, UserId("new"), "new", Millis{300'000}, prefix);
  ASSERT_TRUE(context.ok());
  ASSERT_EQ(context->history.size(), 3U);
  EXPECT_EQ(context->history[1].item, kUnknownItem);
  EXPECT_EQ(context->seen, (std::vector<SeenItem>{{ItemIndex{0}, 2, Millis{202'000}}}));
  EXPECT_EQ(context->session_length, 3U);
}

// The same questions, asked frozen twice and then after learning: only learning changes the answers.
TEST(Frozen, NothingLearnsOrMoves) {
  const auto runner = runner_of({"related", "popular"});
  std::vector<Ranking> lists;
  runner->set_sink({[&lists](const Answer& answer) { lists.push_back(answer.served); }, {}, {}});
  for (const Event& event : walk_events(400, 3)) ASSERT_TRUE(runner->add(event).ok());
  ASSERT_TRUE(runner->flush().ok());
  const std::vector<Event> session = session_of("new", {"item-1", "item-5", "item-9", "item-2"}, 1'700'001'000);
  const auto ask_all = [&] {
    for (std::size_t i = 1; i < session.size(); ++i) {
      auto context = frozen_context(runner->features(), 20, UserId("new"), "new", session[i].event_time,
                                    std::span(session).first(i));
      ASSERT_TRUE(context.ok());
      ASSERT_TRUE(runner->ask_frozen({0, std::move(*context), {}}).ok());
    }
    ASSERT_TRUE(runner->flush().ok());
  };
  ask_all();
  ask_all();
  ASSERT_EQ(lists.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(lists[i], lists[i + 3]);
}

TEST(Evaluator, AnUnknownTargetIsMissedEvenIfItsBatchMakesItKnown) {
  const auto runner = runner_of({"popular"}, 64);
  Evaluator evaluator(recall_at_10(), *runner);
  const std::vector<Event> events = session_of("s", {"a", "b", "c", "a"}, 10);
  for (const Event& event : events) {
    ASSERT_TRUE(evaluator.ask(trial_of(event)).ok());
    ASSERT_TRUE(evaluator.learn(event).ok());
  }
  ASSERT_TRUE(evaluator.flush().ok());
  EXPECT_EQ(value_of(evaluator.report().served, "recall@10"), 0.25);
  EXPECT_EQ(evaluator.report().events, 4U);
}

TEST(Evaluator, ARatingAskedEarlySeesNothingAddedLater) {
  const auto runner = runner_of({"ratings"});
  EvaluatorOptions options;
  options.rating_range = {1.0F, 5.0F};
  Evaluator evaluator(options, *runner);
  std::vector<Event> ratings = session_of("u", {"a", "b"}, 10);
  for (Event& rating : ratings) {
    rating.kind = KindIndex{2};
    rating.value = 5.0F;
    ASSERT_TRUE(evaluator.ask_rating(rating).ok());
  }
  for (const Event& rating : ratings) ASSERT_TRUE(evaluator.learn(rating).ok());
  ASSERT_TRUE(evaluator.flush().ok());
  EXPECT_EQ(evaluator.ratings().count(), 2U);
  // Neither knew of the other: the first falls back to the range's middle, the second to the mean of what was scored.
  EXPECT_NEAR(value_of(evaluator.report().served, "mae"), 1.0, 1e-6);
}

}  // namespace
}  // namespace millrace
