#include "app/evaluate/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <string_view>

namespace millrace {

const double* find_value(const ReportRow& row, std::string_view name) {
  const auto at =
      std::find_if(row.values.begin(), row.values.end(), [&](const auto& value) { return value.first == name; });
  return at == row.values.end() ? nullptr : &at->second;
}

const ReportRow* find_learner(const EvaluationReport& report, std::string_view name) {
  const auto at = std::find_if(report.learners.begin(), report.learners.end(),
                               [&](const auto& learner) { return learner.first == name; });
  return at == report.learners.end() ? nullptr : &at->second;
}

namespace {

constexpr std::string_view kErrorSuffix = "_se";

bool is_error(const std::string& name) { return name.ends_with(kErrorSuffix); }

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

enum class SubRows : std::uint8_t { kShown, kLeftOut };

void add_rows(const std::string& name, const ReportRow& row, const std::vector<std::string>& columns, SubRows parts,
              std::vector<TableRow>& table) {
  TableRow cells{name};
  for (const std::string& column : columns) cells.push_back(cell_of(row, column));
  table.push_back(std::move(cells));
  if (parts == SubRows::kLeftOut) return;
  for (const auto& [part, values] : row.parts) add_rows("  " + part, values, columns, parts, table);
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

namespace {

// So many columns stand beside each other on a screen.
constexpr std::size_t kColumnsMax = 6;

// Measured of lists as wholes, not by target.
bool is_of_lists(const std::string& name) {
  static constexpr std::array<std::string_view, 6> kNames{"coverage", "novelty",           "diversity",
                                                          "gini",     "calibration_error", "auc"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view known) { return name.starts_with(known); });
}

// By length of list, then the others.
std::vector<std::vector<std::string>> blocks_of(const std::vector<std::string>& columns) {
  if (columns.size() <= kColumnsMax) return {columns};
  std::vector<std::pair<std::string, std::vector<std::string>>> blocks;
  std::vector<std::string> lists;
  for (const std::string& column : columns) {
    if (is_of_lists(column)) {
      lists.push_back(column);
      continue;
    }
    const std::size_t at = column.find('@');
    const std::string length = at == std::string::npos ? "" : column.substr(at);
    auto block = std::find_if(blocks.begin(), blocks.end(), [&](const auto& known) { return known.first == length; });
    if (block == blocks.end()) block = blocks.insert(block, {length, {}});
    block->second.push_back(column);
  }
  std::vector<std::vector<std::string>> result;
  result.reserve(blocks.size() + 1);
  for (auto& [length, names] : blocks) result.push_back(std::move(names));
  if (!lists.empty()) result.push_back(std::move(lists));
  return result;
}

void print_block(const EvaluationReport& report, const std::vector<std::string>& columns, SubRows learners_parts,
                 std::ostream& out) {
  TableRow header{"learner"};
  header.insert(header.end(), columns.begin(), columns.end());
  std::vector<TableRow> table{std::move(header)};
  add_rows("served", report.served, columns, is_of_lists(columns.front()) ? SubRows::kLeftOut : SubRows::kShown, table);
  for (const auto& [name, row] : report.learners) {
    const bool any = std::any_of(columns.begin(), columns.end(), [&row = row](const std::string& column) {
      return find_value(row, column) != nullptr;
    });
    if (any) add_rows(name, row, columns, learners_parts, table);
  }
  print_table(table, out);
}

}  // namespace

void print_report(const EvaluationReport& report, std::ostream& out) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : report.served.values) {
    if (!is_error(name)) columns.push_back(name);
  }
  const auto blocks = blocks_of(columns);
  for (const std::vector<std::string>& block : blocks) {
    print_block(report, block, blocks.size() == 1 ? SubRows::kShown : SubRows::kLeftOut, out);
    if (blocks.size() > 1) out << '\n';
  }
  const auto events = static_cast<double>(report.events);
  const double per_event = report.events == 0 ? 0.0 : 1e6 * report.seconds / events;
  out << report.trials << " predictions scored, " << report.events << " events learnt in "
      << number("%.1f", report.seconds) << " s (" << number("%.0f", events_per_second(report)) << " events/s, "
      << number("%.0f", per_event) << " µs an event), seed " << report.seed << ", configuration " << report.config
      << '\n';
}

void print_variants(const ReportVariants& variants, std::ostream& out) {
  const NamedReports& reports = variants.reports;
  const ReportRow& last = reports.back().second->served;
  if (last.values.empty()) return;
  const std::string& metric = last.values.front().first;
  TableRow header{metric, "served"};
  for (const auto& [name, row] : reports.back().second->learners) header.push_back(name);
  std::vector<TableRow> table{std::move(header)};
  for (const auto& [name, report] : reports) {
    TableRow cells{variants.way + " " + name, cell_of(report->served, metric)};
    for (const auto& [learner, row] : report->learners) cells.push_back(cell_of(row, metric));
    table.push_back(std::move(cells));
  }
  out << '\n';
  print_table(table, out);
}

namespace {

// "served": {…}, "learners": {…}
std::string rows_json(const EvaluationReport& report) {
  std::string learners(1, '{');
  for (const auto& [name, row] : report.learners) {
    if (learners.size() > 1) learners += ", ";
    learners.append(quoted(name)).append(": ").append(row_json(row));
  }
  return "\"served\": " + row_json(report.served) + ", \"learners\": " + learners + "}";
}

std::string variants_json(const ReportVariants& variants) {
  std::string json;
  for (const auto& [name, report] : variants.reports) {
    json.append(json.empty() ? "{" : ", {").append(quoted(variants.way)).append(": ").append(quoted(name)).append(", ");
    json.append(rows_json(*report)).append(", \"events_per_second\": ");
    json.append(number("%.1f", events_per_second(*report))).push_back('}');
  }
  return json;
}

}  // namespace

double events_per_second(const EvaluationReport& report) {
  return static_cast<double>(report.events) / std::max(report.seconds, 1e-9);
}

std::string report_json(const EvaluationReport& report, const ReportVariants& variants) {
  std::string json = "{" + rows_json(report);
  json.append(", \"events\": ").append(std::to_string(report.events));
  json.append(", \"seconds\": ").append(number("%.3f", report.seconds));
  json.append(", \"seed\": ").append(std::to_string(report.seed));
  json.append(", \"config\": ").append(quoted(report.config));
  if (!variants.reports.empty()) {
    json.append(", ").append(quoted(variants.list)).append(": [").append(variants_json(variants)).append("]");
  }
  return json + "}\n";
}

Status check_report_path(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::binary | std::ios::app)) return Ok{};
  return stop_error(ErrorCode::kIo, "writing " + path + ": the file cannot be written; check path and rights");
}

Status write_report_json(const EvaluationReport& report, const ReportVariants& variants, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << report_json(report, variants);
  file.close();
  if (!file)
    return stop_error(ErrorCode::kIo, "writing " + path + ": the file cannot be written; check path and rights");
  return Ok{};
}

}  // namespace millrace
