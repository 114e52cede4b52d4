// Evaluation over streams with a known structure: what is learnt is found, what is shuffled is not.
#include "app/evaluate/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/evaluate/effort_curve.h"
#include "app/evaluate/evaluator.h"
#include "app/evaluate/staleness.h"
#include "tests/app/evaluate/fixture.h"
#include "tests/plot/well_formed.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::learner;
using testing::options_with;
using testing::run;
using testing::runner_of;
using testing::session_of;
using testing::value_of;
using testing::walk_events;

EvaluatorOptions recall_at_10() {
  EvaluatorOptions options;
  options.scores.metrics = {{RankMetric::Type::kRecall, 10}};
  options.scores.list_length = 10;
  return options;
}

// Users that walk a ring.
EventStream walk(std::size_t events) {
  EventStream stream;
  stream.name = "a walk";
  stream.events = walk_events(events, 5);
  std::erase_if(stream.events, [](const Event& event) { return event.quantity < 0.0F; });
  return stream;
}

EvaluateOptions walk_options() {
  EvaluateOptions options = options_with({"related", "popular", "factors", "ratings"});
  options.batch = 32;
  options.protocol.at = {5, 10};
  options.config_hash = "abc";
  return options;
}

TEST(Evaluate, FindsTheStructureAndNothingInShuffledTargets) {
  EvaluateOptions options = walk_options();
  const EvaluationReport report = run(options, walk(3000));
  EXPECT_GT(value_of(report.served, "recall@10"), 0.5);
  EXPECT_GT(value_of(learner(report, "related"), "recall@10"), 0.5);
  EXPECT_LT(value_of(learner(report, "running_popularity"), "recall@10"), 0.2);
  EXPECT_GT(value_of(report.served, "coverage@10"), 0.5);
  EXPECT_GT(value_of(report.served, "auc"), 0.7);
  options.shuffle_control = true;
  const EvaluationReport shuffled = run(options, walk(3000));
  EXPECT_LT(value_of(shuffled.served, "recall@10"), 0.2);
  const auto verdict = control_verdict(shuffled);
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_THAT(*verdict, HasSubstr("Control: with targets permuted recall@10 is 0."));
  EXPECT_THAT(*verdict, HasSubstr("Control: with targets permuted rmse is"));
}

// The rating is the item's: permuted, neither may tell the other.
TEST(Evaluate, TheControlPartsItemsAndTheirRatings) {
  EvaluateOptions options = options_with({"ratings"});
  options.batch = 32;
  options.protocol.kind = ProtocolKind::kRatings;
  EventStream stream;
  stream.name = "ratings";
  for (int i = 0; i < 2000; ++i) {
    Event rating = testing::event_of(i, "user-" + std::to_string(i % 37), "item-" + std::to_string((i * 7) % 30));
    rating.kind = KindIndex{2};
    rating.value = (i * 7) % 30 < 15 ? 1.0F : 5.0F;
    stream.events.push_back(rating);
  }
  EXPECT_LT(value_of(run(options, stream).served, "rmse"), 1.0);
  options.shuffle_control = true;
  const auto verdict = control_verdict(run(options, stream));
  EXPECT_TRUE(verdict.ok()) << verdict.error().message;
}

// What the walk tells when it is not permuted is far beyond chance: a leak would look like it.
TEST(Evaluate, TheControlFailsWhereMoreIsKnownThanChanceAllows) {
  EvaluateOptions options = walk_options();
  options.shuffle_control = true;
  EvaluationReport report = run(options, walk(3000));
  report.served = run(walk_options(), walk(3000)).served;
  const auto verdict = control_verdict(report);
  ASSERT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.error().message, HasSubstr("the control fails: with targets permuted recall@5 is 0."));
}

TEST(Evaluate, TheSameSeedGivesTheSameFigures) {
  EXPECT_EQ(run(walk_options(), walk(600)).served.values, run(walk_options(), walk(600)).served.values);
}

TEST(Evaluate, ScoresRatingsBesideTheRunningMean) {
  const EvaluationReport report = run(walk_options(), walk(1500));
  EXPECT_GT(value_of(report.served, "mae"), 0.0);
  EXPECT_GT(value_of(learner(report, "running_mean"), "rmse"), 0.0);
}

// The next item follows from the last one: a copy that is synchronised seldom has not seen it yet.
TEST(Evaluate, FresherIsBetterOnAWalk) {
  EvaluateOptions options = walk_options();
  options.protocol.periods = 1;
  double stale = -1.0;
  for (const std::size_t per_period : {1, 4, 16, 0}) {
    options.sync = {per_period};
    const double recall = value_of(run(options, walk(2000)).served, "recall@10");
    EXPECT_GT(recall, stale) << per_period;
    stale = recall;
  }
}

TEST(Evaluate, RefusesListsLongerThanTheCandidates) {
  EvaluateOptions options = walk_options();
  options.protocol.at = {options.step.model.ranker.candidates_per_source + 1};
  EXPECT_THAT(evaluate(options, walk(10)).error().message, HasSubstr("expected 1 to"));
}

// What is printed and written.
class OutputTest : public ::testing::Test {
 protected:
  Status write(const std::vector<Sync>& syncs, const std::string& json) {
    const auto run_sync = [](Sync sync) {
      EvaluateOptions options = walk_options();
      options.sync = sync;
      return evaluate(options, walk(300));
    };
    return run_and_write(syncs, run_sync, {json, "", "a walk"}, out_);
  }
  std::string file() {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_.string() + "/report.json";
  std::ostringstream out_;
};

TEST_F(OutputTest, IsATableForEachLengthAndAJsonFile) {
  ASSERT_TRUE(write({Sync{}}, path_).ok());
  for (const char* expected : {"recall@5", "ndcg@10", "precision@10", "f1@5", "coverage@10", "diversity@10", "gini@10",
                               "auc", "running_popularity", "  returning", "  cold", "events/s"}) {
    EXPECT_THAT(out_.str(), HasSubstr(expected));
  }
  EXPECT_THAT(file(), ::testing::StartsWith("{\"served\": {\"recall@5\": 0."));
  EXPECT_THAT(file(), HasSubstr("\"learners\": {\"related\": {"));
  EXPECT_THAT(file(), HasSubstr("\"seed\": 1, \"config\": \"abc\"}"));
  EXPECT_EQ(write({Sync{}}, "/nonexistent/out.json").error().code, ErrorCode::kIo);
}

TEST_F(OutputTest, PlotsAreWellFormedPictures) {
  const auto run_sync = [](Sync sync) {
    EvaluateOptions options = walk_options();
    options.sync = sync;
    options.curves = true;
    return evaluate(options, walk(600));
  };
  const std::string folder = directory_.string() + "/plots";
  ASSERT_TRUE(run_and_write({Sync{1}, Sync{}}, run_sync, {"", folder, "a <walk>"}, out_).ok());
  for (const char* name :
       {"metric-over-time", "calibration", "staleness", "rating-error-over-time", "rating-calibration"}) {
    std::stringstream svg;
    svg << std::ifstream(folder + "/" + name + ".svg").rdbuf();
    EXPECT_EQ(testing::well_formed(svg.str()), "") << name;
    EXPECT_THAT(svg.str(), HasSubstr("a &lt;walk&gt;")) << name;
    EXPECT_THAT(svg.str(), ::testing::Not(HasSubstr("nan"))) << name;
  }
  EXPECT_THAT(run_and_write({Sync{}}, run_sync, {"", "/proc/nowhere", ""}, out_).error().message,
              HasSubstr("drawing /proc/nowhere"));
}

TEST_F(OutputTest, OfSeveralSynchronisationsIsTheCurve) {
  ASSERT_TRUE(write({Sync{1}, Sync{}}, path_).ok());
  EXPECT_THAT(out_.str(), HasSubstr("sync period"));
  EXPECT_THAT(out_.str(), HasSubstr("sync event"));
  EXPECT_THAT(file(), HasSubstr("\"staleness\": [{\"sync\": \"period\", \"served\": {\"recall@5\": 0."));
}

TEST_F(OutputTest, OfSeveralEffortsIsTheCurve) {
  const auto run_effort = [](double percent) {
    EvaluateOptions options = walk_options();
    options.effort.replays = percent == 0.0 ? 0 : 2;
    return evaluate(options, walk(600));
  };
  const std::string folder = directory_.string() + "/plots";
  ASSERT_TRUE(run_efforts_and_write({100.0, 0.0}, run_effort, {path_, folder, "a <walk>"}, out_).ok());
  EXPECT_THAT(out_.str(), ::testing::ContainsRegex("effort 0: [0-9]+ events/s, [0-9]+ µs an event\neffort 100: "));
  EXPECT_THAT(file(), HasSubstr("\"efforts\": [{\"effort\": \"0\", \"served\": {\"recall@5\": 0."));
  EXPECT_THAT(file(), ::testing::ContainsRegex("\"events_per_second\": [1-9]"));
  std::stringstream svg;
  svg << std::ifstream(folder + "/effort.svg").rdbuf();
  EXPECT_EQ(testing::well_formed(svg.str()), "");
  EXPECT_THAT(svg.str(), ::testing::Not(HasSubstr("nan")));
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
