#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "metrics/catalogue.h"
#include "tests/deploy/dashboards.h"

namespace millrace {
namespace {

using testing::HasSubstr;

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

int run(const std::string& command) { return std::system(("cd " MILLRACE_SOURCE_DIR " && " + command).c_str()); }

std::vector<std::string> alert_names() {
  const std::string rules = read_source_file("deploy/prometheus/alerts.yml");
  const std::regex alert("- alert: (\\w+)");
  std::vector<std::string> names;
  for (auto found = std::sregex_iterator(rules.begin(), rules.end(), alert); found != std::sregex_iterator(); ++found) {
    names.push_back((*found)[1]);
  }
  return names;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

TEST(Alerts, EachHasItsParagraphInTheRunbook) {
  const std::string rules = read_source_file("deploy/prometheus/alerts.yml");
  const std::string page = read_source_file("docs/operations.md");
  ASSERT_GE(alert_names().size(), 10U);
  for (const std::string& name : alert_names()) {
    EXPECT_THAT(rules, HasSubstr("runbook: docs/operations.md#" + lower(name) + "\n"));
    EXPECT_THAT(page, HasSubstr("\n### " + name + "\n"));
  }
}

TEST(Alerts, NameOnlyDeclaredMetrics) {
  std::set<std::string> declared;
  for (const MetricDescription& metric : all_metrics()) declared.emplace(metric.name);
  for (const std::string& name : metric_names(read_source_file("deploy/prometheus/alerts.yml"))) {
    EXPECT_TRUE(declared.contains(name)) << name;
  }
}

TEST(Alerts, PassPromtoolWithTheConfiguration) {
  if (!installed("promtool")) GTEST_SKIP() << "promtool is not installed (package prometheus)";
  EXPECT_EQ(run("promtool check config deploy/prometheus/prometheus.yml"), 0);
  EXPECT_EQ(run("promtool check rules deploy/prometheus/alerts.yml"), 0);
}

TEST(Compose, IsAcceptedByDockerCompose) {
  const char* compose = installed("docker-compose") ? "docker-compose" : "docker compose";
  if (run(std::string(compose) + " version >/dev/null 2>&1") != 0) GTEST_SKIP() << "docker-compose is not installed";
  EXPECT_EQ(run(std::string(compose) + " -f docker-compose.yml config >/dev/null"), 0);
}

TEST(Compose, MountsOnlyWhatIsThere) {
  const std::string compose = read_source_file("docker-compose.yml");
  const std::regex mount("- \\./([^:]+):");
  int mounts = 0;
  for (auto found = std::sregex_iterator(compose.begin(), compose.end(), mount); found != std::sregex_iterator();
       ++found) {
    ++mounts;
    EXPECT_EQ(run("test -e '" + (*found)[1].str() + "'"), 0) << (*found)[1];
  }
  EXPECT_GE(mounts, 5);
}

TEST(Compose, PublishesPortsOnLoopbackOnly) {
  const std::string compose = read_source_file("docker-compose.yml");
  const std::regex port("- \"([^\"]*):\\d+:\\d+\"");
  for (auto found = std::sregex_iterator(compose.begin(), compose.end(), port); found != std::sregex_iterator();
       ++found) {
    EXPECT_EQ((*found)[1], "127.0.0.1");
  }
}

}  // namespace
}  // namespace millrace
