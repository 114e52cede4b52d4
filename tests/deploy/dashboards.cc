#include "tests/deploy/dashboards.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "metrics/catalogue.h"

namespace millrace {
namespace {

using Json = rapidjson::Value;

const Json& member(const Json& object, const char* name) {
  if (!object.IsObject() || !object.HasMember(name)) throw std::runtime_error(std::string("no field ") + name);
  return object[name];
}

std::string text(const Json& object, const char* name) { return member(object, name).GetString(); }

std::string optional_text(const Json& object, const char* name) {
  return object.HasMember(name) ? text(object, name) : "";
}

std::string unit_of(const Json& panel) {
  if (!panel.HasMember("fieldConfig")) return "";
  const Json& defaults = member(member(panel, "fieldConfig"), "defaults");
  if (defaults.HasMember("unit")) return text(defaults, "unit");
  const Json& options = member(panel, "options");  // a heatmap's unit stands at its axis
  return options.HasMember("yAxis") ? text(member(options, "yAxis"), "unit") : "";
}

Panel read_panel(const Json& from) {
  Panel panel;
  panel.id = member(from, "id").GetInt();
  panel.title = text(from, "title");
  panel.type = text(from, "type");
  const Json& place = member(from, "gridPos");
  panel.x = member(place, "x").GetInt();
  panel.y = member(place, "y").GetInt();
  panel.width = member(place, "w").GetInt();
  panel.height = member(place, "h").GetInt();
  if (panel.type == "row") return panel;
  panel.description = optional_text(from, "description");
  panel.unit = unit_of(from);
  panel.data_source = text(member(from, "datasource"), "uid");
  for (const Json& target : member(from, "targets").GetArray()) {
    panel.queries.push_back(
        {text(target, "expr"), text(target, "legendFormat"), text(member(target, "datasource"), "uid")});
  }
  return panel;
}

Dashboard read_dashboard(const std::filesystem::path& path) {
  rapidjson::Document document;
  const std::string content = read_source_file(path.lexically_relative(MILLRACE_SOURCE_DIR));
  if (document.Parse(content.c_str()).HasParseError()) throw std::runtime_error(path.string() + " is no JSON");
  Dashboard dashboard{
      path.filename(), text(document, "uid"), text(document, "title"), member(document, "schemaVersion").GetInt(), {}};
  for (const Json& panel : member(document, "panels").GetArray()) dashboard.panels.push_back(read_panel(panel));
  return dashboard;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

bool is_histogram(const std::string& name) {
  return std::ranges::any_of(all_metrics(), [&](const MetricDescription& metric) {
    return metric.type == MetricType::kHistogram && metric.name == name;
  });
}

}  // namespace

std::vector<Dashboard> read_dashboards() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/deploy/grafana/dashboards")) {
    files.push_back(file.path());
  }
  std::ranges::sort(files);
  std::vector<Dashboard> dashboards;
  dashboards.reserve(files.size());
  for (const auto& file : files) dashboards.push_back(read_dashboard(file));
  return dashboards;
}

std::string plain_query(std::string expression, const std::string& window) {
  replace_all(expression, "$__rate_interval", window);
  replace_all(expression, "$instance", ".*");
  return expression;
}

std::vector<std::string> metric_names(const std::string& text) {
  static const std::regex name("\\bmillrace_[a-z0-9_]+");
  static const std::regex suffix("_(bucket|sum|count)$");
  std::vector<std::string> names;
  for (auto found = std::sregex_iterator(text.begin(), text.end(), name); found != std::sregex_iterator(); ++found) {
    const std::string stem = std::regex_replace(found->str(), suffix, "");
    names.push_back(is_histogram(stem) ? stem : found->str());
  }
  return names;
}

std::string read_source_file(const std::string& path) {
  std::ifstream file(std::filesystem::path(MILLRACE_SOURCE_DIR) / path);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace millrace
