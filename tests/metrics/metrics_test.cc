#include "metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "metrics/catalogue.h"
#include "tests/metrics/example_metrics.h"
#include "tests/temporary_directory.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of the series written exactly so, or NaN.
double value_of(const std::string& text, const std::string& series) {
  const std::size_t at = ("\n" + text).find("\n" + series + " ");
  return at == std::string::npos ? std::nan("") : std::strtod(text.c_str() + at + series.size() + 1, nullptr);
}

TEST(Metrics, ExposeEveryDeclaredMetricWithHelpAndType) {
  const std::string text = make_example_metrics()->text();
  for (const MetricDescription& metric : all_metrics()) {
    const std::string name(metric.name);
    EXPECT_THAT(text, HasSubstr("# HELP " + name + " " + std::string(metric.help)));
    const char* type = metric.type == MetricType::kCounter ? "counter"
                       : metric.type == MetricType::kGauge ? "gauge"
                                                           : "histogram";
    EXPECT_THAT(text, HasSubstr("# TYPE " + name + " " + type + "\n"));
  }
}

TEST(Metrics, FollowTheNamingRules) {
  for (const MetricDescription& metric : all_metrics()) {
    EXPECT_TRUE(metric.name.starts_with("millrace_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::kCounter) << metric.name;
    EXPECT_EQ(metric.buckets.empty(), metric.type != MetricType::kHistogram) << metric.name;
  }
}

TEST(Metrics, PassPromtool) {
  if (std::system("command -v promtool >/dev/null") != 0)
    GTEST_SKIP() << "promtool is not installed (package prometheus)";
  const TemporaryDirectory directory;
  const std::string path = directory.string() + "/metrics.txt";
  std::ofstream(path) << make_example_metrics()->text();
  EXPECT_EQ(std::system(("promtool check metrics <" + path).c_str()), 0);
}

TEST(Metrics, ShowConfiguredSeriesBeforeTheFirstRecord) {
  const Metrics metrics({.version = "1",
                         .commit = "",
                         .topics = {"ratings"},
                         .kinds = KindTable({{"rating", Signal::kRating, 1.0F}}),
                         .live_cutoff = 10});
  const std::string text = metrics.text();
  EXPECT_EQ(value_of(text, R"(millrace_records_total{kind="rating",outcome="late",topic="ratings"})"), 0.0);
  EXPECT_EQ(value_of(text, R"(millrace_live_hits_total{audience="new",item="cold",kind="rating",learner="served"})"),
            0.0);
  EXPECT_EQ(value_of(text, "millrace_lists_published_total"), 0.0);
  EXPECT_EQ(value_of(text, "millrace_live_cutoff_items"), 10.0);
}

TEST(Metrics, CountRecordsByTopicKindAndOutcome) {
  const auto metrics = make_example_metrics();
  metrics->records(TopicIndex{0}, KindIndex{0}, Outcome::kApplied, 10);
  const std::string text = metrics->text();
  EXPECT_EQ(value_of(text, R"(millrace_records_total{kind="click",outcome="applied",topic="clicks"})"), 100.0);
  EXPECT_EQ(value_of(text, R"(millrace_records_total{kind="unknown",outcome="dead_letter",topic="clicks"})"), 2.0);
  EXPECT_EQ(value_of(text, R"(millrace_dead_letters_total{reason="malformed_json",topic="clicks"})"), 2.0);
}

TEST(Metrics, ForgetPartitionsThatAreNoLongerOurs) {
  const auto metrics = make_example_metrics();
  EXPECT_EQ(value_of(metrics->text(), R"(millrace_lag_records{partition="3",topic="purchases"})"), 0.0);
  metrics->lag(std::vector<PartitionLag>{{TopicIndex{0}, PartitionIndex{0}, 9}});
  const std::string text = metrics->text();
  EXPECT_EQ(value_of(text, R"(millrace_lag_records{partition="0",topic="clicks"})"), 9.0);
  EXPECT_THAT(text, Not(HasSubstr(R"(millrace_lag_records{partition="3")")));
  EXPECT_EQ(value_of(text, "millrace_assigned_partitions"), 2.0) << "counted apart: a lag may be unknown";
}

TEST(Metrics, PlaceFreshnessAtItsObjectives) {
  const std::string text = make_example_metrics()->text();
  EXPECT_EQ(value_of(text, R"(millrace_freshness_seconds_bucket{le="0.1"})"), 1.0);
  EXPECT_EQ(value_of(text, R"(millrace_freshness_seconds_bucket{le="0.25"})"), 2.0) << "a bound is inside its bucket";
  EXPECT_EQ(value_of(text, R"(millrace_freshness_seconds_bucket{le="1"})"), 3.0);
  EXPECT_NEAR(value_of(text, "millrace_freshness_seconds_sum"), 1.18, 1e-9);
}

TEST(Metrics, FollowTotalsThatStartAnew) {
  const auto metrics = make_example_metrics();
  metrics->cache(Cache::kUsers, {.hits = 100, .misses = 10, .rows = 1, .bytes = 1});
  EXPECT_EQ(value_of(metrics->text(), R"(millrace_cache_hits_total{cache="users"})"), 100.0);
  metrics->cache(Cache::kUsers, {.hits = 5, .misses = 0, .rows = 1, .bytes = 1});
  EXPECT_EQ(value_of(metrics->text(), R"(millrace_cache_hits_total{cache="users"})"), 105.0);
}

TEST(Metrics, MeasureTheProcess) {
  const std::string text = make_example_metrics()->text();
  EXPECT_GT(value_of(text, "millrace_process_resident_memory_bytes"), 1e6);
  EXPECT_GT(value_of(text, "millrace_process_cpu_seconds_total"), 0.0);
  EXPECT_GT(value_of(text, "millrace_process_open_files"), 2.0);
  EXPECT_GT(value_of(text, "millrace_process_start_time_seconds"), 1.6e9);
}

TEST(Metrics, AverageTheLossOverExamples) {
  const std::string text = make_example_metrics()->text();
  EXPECT_EQ(value_of(text, "millrace_training_examples_total"), 200.0);
  EXPECT_EQ(value_of(text, "millrace_training_loss_total"), 500.0);
  EXPECT_NEAR(value_of(text, "millrace_training_loss"), 2.5, 1e-9);
}

}  // namespace
}  // namespace millrace
