// Every query of every panel, and every alert, executed by a real Prometheus that reads a running target.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "tests/deploy/dashboards.h"
#include "tests/deploy/prometheus.h"
#include "tests/deploy/running_pipeline.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 120s;

class QueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!PrometheusServer::installed()) GTEST_SKIP() << "prometheus is not installed (./dev setup unpacks it)";
    pipeline_ = std::make_unique<RunningPipeline>(folder_.path());
    prometheus_ = std::make_unique<PrometheusServer>(folder_.path(), pipeline_->metrics_port());
    ASSERT_TRUE(eventually([&] { return prometheus_->ready(); })) << prometheus_->log();
  }

  template <class Condition>
  static bool eventually(const Condition& condition) {
    for (const auto end = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(200ms)) {
      if (condition()) return true;
    }
    return false;
  }

  // Queries that have not yet returned a finite value, with what they returned.
  std::map<std::string, std::string> unanswered(const std::map<std::string, std::string>& queries) const {
    std::map<std::string, std::string> left;
    for (const auto& [expression, reason] : queries) {
      const QueryAnswer answer = prometheus_->query(expression);
      if (answer.finite) continue;
      left[expression] =
          !answer.error.empty() ? answer.error : std::to_string(answer.series) + " series, none with a value";
    }
    return left;
  }

  TemporaryFolder folder_{"millrace-queries"};
  std::unique_ptr<RunningPipeline> pipeline_;
  std::unique_ptr<PrometheusServer> prometheus_;
};

TEST_F(QueriesTest, EveryPanelReturnsData) {
  std::map<std::string, std::string> left;
  for (const Dashboard& dashboard : read_dashboards()) {
    for (const Panel& panel : dashboard.panels) {
      for (const PanelQuery& query : panel.queries) left[plain_query(query.expression, "10s")] = "not asked";
    }
  }
  ASSERT_GE(left.size(), 80U);
  eventually([&] { return (left = unanswered(left)).empty(); });
  for (const auto& [expression, found] : left) ADD_FAILURE() << expression << "\n  returned " << found;
  if (!left.empty()) ADD_FAILURE() << pipeline_->logs();
}

TEST_F(QueriesTest, EveryAlertIsEvaluated) {
  std::vector<RuleState> rules;
  eventually([&] {
    rules = prometheus_->rules();
    return !rules.empty() &&
           std::ranges::none_of(rules, [](const RuleState& rule) { return rule.health == "unknown"; });
  });
  ASSERT_GE(rules.size(), 10U);
  for (const RuleState& rule : rules) {
    EXPECT_EQ(rule.health, "ok") << rule.name << ": " << rule.error;
    EXPECT_EQ(prometheus_->query(rule.query).error, "") << rule.name;
  }
}

}  // namespace
}  // namespace millrace
