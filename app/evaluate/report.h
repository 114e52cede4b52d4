// What an evaluation found: a table to read and a JSON file to compare.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace millrace {

struct ReportPart;

// Values in the order in which they are shown; "recall@20" is followed by "recall@20_se", its standard error.
struct ReportRow {
  std::vector<std::pair<std::string, double>> values;
  std::vector<ReportPart> parts;  // sub-rows such as "new" and "returning"
};

struct ReportPart {
  std::string name;
  ReportRow row;
};

struct EvaluationReport {
  ReportRow served;
  std::vector<std::pair<std::string, ReportRow>> learners;
  std::uint64_t events = 0;  // learnt
  std::uint64_t trials = 0;  // predictions scored
  double seconds = 0.0;
  std::uint64_t seed = 0;
  std::string config;  // hash of the configuration
};

// Rows by learner, columns by metric, standard errors in brackets of the served row's last digits.
void print_report(const EvaluationReport& report, std::ostream& out);

// {"served": {…}, "learners": {NAME: {…}}, "events": …, "seconds": …, "seed": …, "config": "HASH"}; fractions.
std::string report_json(const EvaluationReport& report);
// Whether a report could be written there: asked before long work.
Status check_report_path(const std::string& path);
Status write_report_json(const EvaluationReport& report, const std::string& path);

}  // namespace millrace
