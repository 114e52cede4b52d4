#include "tests/deploy/dashboards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "metrics/catalogue.h"

namespace millrace {
namespace {

using testing::HasSubstr;

bool overlap(const Panel& a, const Panel& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

std::set<std::string> declared_names() {
  std::set<std::string> names;
  for (const MetricDescription& metric : all_metrics()) names.emplace(metric.name);
  return names;
}

TEST(Dashboards, AreThreeWithFixedNames) {
  std::set<std::string> uids;
  for (const Dashboard& dashboard : read_dashboards()) {
    uids.insert(dashboard.uid);
    EXPECT_GE(dashboard.schema_version, 36) << dashboard.file;
  }
  EXPECT_EQ(uids, (std::set<std::string>{"millrace-overview", "millrace-model", "millrace-kafka-store"}));
}

TEST(Dashboards, PlacePanelsOnTheGridWithoutOverlap) {
  for (const Dashboard& dashboard : read_dashboards()) {
    std::set<int> ids;
    for (const Panel& panel : dashboard.panels) {
      EXPECT_TRUE(ids.insert(panel.id).second) << dashboard.file << " has two panels " << panel.id;
      EXPECT_TRUE(panel.x >= 0 && panel.width > 0 && panel.height > 0 && panel.x + panel.width <= 24) << panel.title;
      for (const Panel& other : dashboard.panels) {
        EXPECT_FALSE(panel.id < other.id && overlap(panel, other))
            << dashboard.file << ": " << panel.title << ", " << other.title;
      }
    }
  }
}

TEST(Dashboards, LeaveNoGapInTheGrid) {
  for (const Dashboard& dashboard : read_dashboards()) {
    int area = 0;
    int bottom = 0;
    for (const Panel& panel : dashboard.panels) {
      area += panel.width * panel.height;
      bottom = std::max(bottom, panel.y + panel.height);
    }
    EXPECT_EQ(area, 24 * bottom) << dashboard.file;
  }
}

TEST(Dashboards, BeginWithARowOfStatistics) {
  for (const Dashboard& dashboard : read_dashboards()) {
    int statistics = 0;
    for (const Panel& panel : dashboard.panels) statistics += panel.y == 0 && panel.type == "stat" ? 1 : 0;
    EXPECT_EQ(statistics, 8) << dashboard.file;
  }
}

TEST(Dashboards, SayOfEveryPanelWhatItShowsAndInWhichUnit) {
  for (const Dashboard& dashboard : read_dashboards()) {
    for (const Panel& panel : dashboard.panels) {
      if (panel.type == "row") continue;
      EXPECT_FALSE(panel.queries.empty()) << panel.title;
      EXPECT_FALSE(panel.description.empty()) << panel.title;
      EXPECT_EQ(panel.unit.empty(), panel.type == "state-timeline") << panel.title;
    }
  }
}

TEST(Dashboards, AskTheProvisionedDataSource) {
  const std::string provisioned = read_source_file("deploy/grafana/provisioning/datasources/prometheus.yml");
  EXPECT_THAT(provisioned, HasSubstr("uid: millrace-prometheus"));
  for (const Dashboard& dashboard : read_dashboards()) {
    for (const Panel& panel : dashboard.panels) {
      if (panel.type == "row") continue;
      EXPECT_EQ(panel.data_source, "millrace-prometheus") << panel.title;
      for (const PanelQuery& query : panel.queries) EXPECT_EQ(query.data_source, "millrace-prometheus") << panel.title;
    }
  }
}

TEST(Dashboards, NameOnlyDeclaredMetrics) {
  const std::set<std::string> declared = declared_names();
  for (const Dashboard& dashboard : read_dashboards()) {
    for (const Panel& panel : dashboard.panels) {
      for (const PanelQuery& query : panel.queries) {
        for (const std::string& name : metric_names(query.expression)) {
          EXPECT_TRUE(declared.contains(name)) << panel.title << " asks for " << name;
        }
      }
    }
  }
}

TEST(Operations, ListsExactlyTheDeclaredMetrics) {
  const std::string page = read_source_file("docs/operations.md");
  for (const MetricDescription& metric : all_metrics()) {
    EXPECT_THAT(page, HasSubstr("| `" + std::string(metric.name) + "` |"));
    EXPECT_THAT(page, HasSubstr("| " + std::string(metric.help) + " |")) << metric.name;
  }
  const std::set<std::string> declared = declared_names();
  for (std::size_t at = page.find("| `millrace_"); at != std::string::npos; at = page.find("| `millrace_", at + 1)) {
    const std::string row = page.substr(at + 3, page.find('`', at + 3) - at - 3);
    EXPECT_TRUE(declared.contains(row)) << "docs/operations.md lists " << row;
  }
}

}  // namespace
}  // namespace millrace
