#include "app/evaluate/report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <ostream>

namespace millrace {
namespace {

constexpr std::string_view kErrorSuffix = "_se";

bool is_error(const std::string& name) { return name.ends_with(kErrorSuffix); }

const double* find_value(const ReportRow& row, const std::string& name) {
  const auto at =
      std::find_if(row.values.begin(), row.values.end(), [&](const auto& value) { return value.first == name; });
  return at == row.values.end() ? nullptr : &at->second;
}

std::string number(const char* format, double value) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string cell_of(const ReportRow& row, const std::string& name) {
  const double* value = find_value(row, name);
  if (value == nullptr) return "–";
  std::string text = number("%.4f", *value);
  std::string error_name = name;
  error_name += kErrorSuffix;
  if (const double* error = find_value(row, error_name)) text += " ±" + number("%.4f", *error);
  return text;
}

// Columns on the screen: bytes that do not continue a UTF-8 character.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

using TableRow = std::vector<std::string>;

void add_rows(const std::string& name, const ReportRow& row, const std::vector<std::string>& columns,
              std::vector<TableRow>& table) {
  TableRow cells{name};
  for (const std::string& column : columns) cells.push_back(cell_of(row, column));
  table.push_back(std::move(cells));
  for (const auto& [part, values] : row.parts) add_rows("  " + part, values, columns, table);
}

void print_table(const std::vector<TableRow>& table, std::ostream& out) {
  std::vector<std::size_t> widths(table.front().size(), 0);
  for (const TableRow& row : table) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  for (const TableRow& row : table) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      out << row[c] << std::string(widths[c] - width_of(row[c]) + 2, ' ');
    }
    out << '\n';
  }
}

// Names are metrics, parts and configured learners; a quote or backslash in one is written escaped.
std::string quoted(const std::string& text) {
  std::string result(1, '"');
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  result.push_back('"');
  return result;
}

std::string row_json(const ReportRow& row) {
  std::string json(1, '{');
  const auto separate = [&json] {
    if (json.size() > 1) json += ", ";
  };
  for (const auto& [name, value] : row.values) {
    separate();
    json.append(quoted(name)).append(": ").append(number("%.6f", value));
  }
  for (const auto& [name, part] : row.parts) {
    separate();
    json.append(quoted(name)).append(": ").append(row_json(part));
  }
  json.push_back('}');
  return json;
}

}  // namespace

void print_report(const EvaluationReport& report, std::ostream& out) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : report.served.values) {
    if (!is_error(name)) columns.push_back(name);
  }
  TableRow header{"learner"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::vector<TableRow> table{std::move(header)};
  add_rows("served", report.served, columns, table);
  for (const auto& [name, row] : report.learners) add_rows(name, row, columns, table);
  print_table(table, out);
  const double per_event = report.events == 0 ? 0.0 : 1e6 * report.seconds / static_cast<double>(report.events);
  out << report.trials << " predictions scored, " << report.events << " events learnt in "
      << number("%.1f", report.seconds) << " s (" << number("%.0f", per_event) << " µs an event), seed " << report.seed
      << ", configuration " << report.config << '\n';
}

std::string report_json(const EvaluationReport& report) {
  std::string learners(1, '{');
  for (const auto& [name, row] : report.learners) {
    if (learners.size() > 1) learners += ", ";
    learners.append(quoted(name)).append(": ").append(row_json(row));
  }
  learners.push_back('}');
  std::string json = "{\"served\": ";
  json.append(row_json(report.served)).append(", \"learners\": ").append(learners);
  json.append(", \"events\": ").append(std::to_string(report.events));
  json.append(", \"seconds\": ").append(number("%.3f", report.seconds));
  json.append(", \"seed\": ").append(std::to_string(report.seed));
  json.append(", \"config\": ").append(quoted(report.config)).append("}\n");
  return json;
}

Status check_report_path(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::binary | std::ios::app)) return Ok{};
  return stop_error(ErrorCode::kIo, "writing " + path + ": the file cannot be written; check path and rights");
}

Status write_report_json(const EvaluationReport& report, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << report_json(report);
  file.close();
  if (!file)
    return stop_error(ErrorCode::kIo, "writing " + path + ": the file cannot be written; check path and rights");
  return Ok{};
}

}  // namespace millrace
