// Successive halving by hand, and a planted better value that must be found through the step.
#include "app/evaluate/tune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "app/config_toml.h"
#include "tests/app/evaluate/fixture.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::options_with;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

EvaluationReport report_of(const std::string& metric, double figure) {
  EvaluationReport report;
  report.served.values = {{metric, figure}};
  return report;
}

double number_in(const Settings& settings) {
  return settings.empty() ? 1.0 : std::stod(settings.front().substr(settings.front().find('=') + 1));
}

TEST(DrawSettings, TakesAllOfASmallSpace) {
  EXPECT_THAT(draw_settings({{"a", {"1", "2"}, {}}, {"b", {"\"x\""}, {}}}, 9, 1),
              UnorderedElementsAre(ElementsAre("a=1", "b=\"x\""), ElementsAre("a=2", "b=\"x\"")));
}

TEST(DrawSettings, DrawsDistinctOnesWithinTheRange) {
  const std::vector<SpaceKey> space{{"rate", {}, SpaceRange{0.001, 0.1, true, false}},
                                    {"size", {}, SpaceRange{8, 64, false, true}}};
  const auto drawn = draw_settings(space, 30, 1);
  EXPECT_EQ(drawn, draw_settings(space, 30, 1));
  EXPECT_NE(drawn, draw_settings(space, 30, 2));
  ASSERT_THAT(drawn, SizeIs(30));
  std::size_t below = 0;
  for (const Settings& settings : drawn) {
    const double rate = number_in(settings);
    EXPECT_GE(rate, 0.001);
    EXPECT_LE(rate, 0.1);
    below += rate < 0.01 ? 1 : 0;  // the middle of a logarithmic range
    EXPECT_EQ(settings[1].find('.'), std::string::npos);
  }
  EXPECT_GT(below, 7U);
  EXPECT_LT(below, 23U);
}

// Nine candidates on a ninth of the events, three on a third, one on all; the configuration as it is goes with each.
TEST(Tune, HalvesSuccessively) {
  TuneOptions options;
  options.space = {{"x", {}, SpaceRange{0.0001, 1.0, true, false}}};
  options.events = 900;
  std::map<std::size_t, std::size_t> runs;
  const auto measure = [&](const Settings& settings, std::size_t events) -> Result<EvaluationReport> {
    ++runs[events];
    return report_of("recall@5", -std::fabs(std::log10(number_in(settings)) + 2.0));
  };
  const auto outcome = tune(options, measure);
  ASSERT_TRUE(outcome.ok());
  EXPECT_THAT(runs, ElementsAre(std::make_pair(100U, 10U), std::make_pair(300U, 4U), std::make_pair(900U, 2U)));
  EXPECT_NEAR(std::log10(number_in(outcome->winner.settings)), -2.0, 0.7);
  EXPECT_THAT(outcome->as_it_is.settings, IsEmpty());
  EXPECT_EQ(outcome->metric, "recall@5");
}

TEST(Tune, OfErrorsTheLeastWinsAndWhatIsStaysWhereNothingIsBetter) {
  TuneOptions options;
  options.space = {{"x", {"2", "3"}, {}}};
  options.events = 10;
  options.metric = "rmse";
  const auto measure = [](const Settings& settings, std::size_t) -> Result<EvaluationReport> {
    return report_of("rmse", number_in(settings));
  };
  const auto outcome = tune(options, measure);
  ASSERT_TRUE(outcome.ok());
  EXPECT_THAT(outcome->winner.settings, IsEmpty());
  options.metric = "ndcg@7";
  EXPECT_THAT(tune(options, measure).error().message, HasSubstr("tuning by \"ndcg@7\": the protocol measures no such"));
  options.space.clear();
  EXPECT_THAT(tune(options, measure).error().message, HasSubstr("the space is empty"));
}

// Only `related` knows what follows what.
TEST(Tune, FindsThePlantedBetterValueThroughTheStep) {
  EventStream stream{"a walk", testing::walk_events(1500, 5), {}};
  TuneOptions options;
  options.space = {{"model.families", {"[\"popular\"]", "[\"trending\"]", "[\"related\"]"}, {}}};
  options.events = 900;
  const auto measure = [&](const Settings& settings, std::size_t events) {
    const bool related = !settings.empty() && settings.front().find("related") != std::string::npos;
    EvaluateOptions evaluation = options_with({related ? "related" : "popular"});
    evaluation.batch = 32;
    evaluation.protocol.at = {5};
    EventStream part = stream;
    part.events.resize(events);
    return evaluate(evaluation, std::move(part));
  };
  const auto outcome = tune(options, measure);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_THAT(outcome->winner.settings, ElementsAre("model.families=[\"related\"]"));
  EXPECT_GT(outcome->winner.figure, outcome->as_it_is.figure + 0.2);
}

TEST(Space, IsReadFromToml) {
  const auto space = read_space_toml(
      "lists.length = [10, 20]\n[model]\nfamilies = [[\"popular\"], [\"related\", \"popular\"]]\n"
      "encoder.rate = { min = 0.001, max = 0.1, scale = \"log\" }\nencoder.dimension = { min = 16, max = 64 }\n",
      "space.toml");
  ASSERT_TRUE(space.ok()) << space.error().message;
  ASSERT_THAT(*space, SizeIs(4));
  std::map<std::string, SpaceKey> keys;
  for (const SpaceKey& key : *space) keys[key.key] = key;
  EXPECT_THAT(keys["lists.length"].values, ElementsAre("10", "20"));
  EXPECT_EQ(keys["model.families"].values.size(), 2U);
  EXPECT_TRUE(keys["model.encoder.rate"].range->logarithmic);
  EXPECT_FALSE(keys["model.encoder.rate"].range->whole);
  EXPECT_TRUE(keys["model.encoder.dimension"].range->whole);
}

TEST(Space, SaysWhatIsWrong) {
  const auto error = [](const std::string& text) { return read_space_toml(text, "space.toml").error().message; };
  EXPECT_THAT(error("a = 3"), HasSubstr("space.toml: a is a whole number, expected a list of values, or a range"));
  EXPECT_THAT(error("a = []"), HasSubstr("a is an empty list"));
  EXPECT_THAT(error("a = { min = 3, max = 1 }"), HasSubstr("a: found min 3 and max 1, expected min below max"));
  EXPECT_THAT(error("a = { min = 0, max = 1, scale = \"log\" }"), HasSubstr("expected min above 0"));
  EXPECT_THAT(error("a = { min = 1, max = 2, scale = \"cubic\" }"), HasSubstr("expected scale \"linear\" or \"log\""));
  EXPECT_THAT(error("a = "), HasSubstr("space.toml"));
}

}  // namespace
}  // namespace millrace
