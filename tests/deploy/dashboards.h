// The shipped dashboards, read back: what their panels ask and where they stand.
#pragma once

#include <string>
#include <vector>

namespace millrace {

struct PanelQuery {
  std::string expression;  // as written, variables included
  std::string legend;
  std::string data_source;  // its uid
};

struct Panel {
  int id = 0;
  std::string title;
  std::string type;  // "row": a heading
  std::string description;
  std::string unit;  // empty: none set
  std::string data_source;
  int x = 0, y = 0, width = 0, height = 0;
  std::vector<PanelQuery> queries;
};

struct Dashboard {
  std::string file;
  std::string uid;
  std::string title;
  int schema_version = 0;
  std::vector<Panel> panels;
};

// All files of deploy/grafana/dashboards, by name. Throws where one is no JSON or lacks a field.
std::vector<Dashboard> read_dashboards();

// With Grafana's variables replaced by what they stand for: all instances, and `window` for the rate interval.
std::string plain_query(std::string expression, const std::string& window);

// Names of metrics in a query or in any text, without _bucket, _sum and _count of histograms.
std::vector<std::string> metric_names(const std::string& text);

std::string read_source_file(const std::string& path);  // relative to the source tree

}  // namespace millrace
