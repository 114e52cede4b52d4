// What an evaluation found: a table to read and a JSON file to compare.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/evaluate/calibration.h"
#include "app/evaluate/timeline.h"
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

// Absent: nullptr.
const double* find_value(const ReportRow& row, std::string_view name);

struct Timelines {
  std::string metric;
  std::vector<std::pair<std::string, std::vector<TimelinePoint>>> lines;  // by learner, as served first
};

struct EvaluationReport {
  ReportRow served;
  std::vector<std::pair<std::string, ReportRow>> learners;
  std::uint64_t events = 0;  // learnt
  std::uint64_t trials = 0;  // predictions scored
  double seconds = 0.0;
  std::uint64_t seed = 0;
  std::string config;  // hash of the configuration
  // For plots; empty where they were not asked for.
  Timelines timelines;
  Timelines rating_timelines;
  std::vector<CalibrationBin> list_calibration;
  std::vector<CalibrationBin> rating_calibration;
};

double events_per_second(const EvaluationReport& report);

// Absent: nullptr.
const ReportRow* find_learner(const EvaluationReport& report, std::string_view name);

// Rows by learner, columns by metric with their standard errors; where there are many metrics, one table for each
// length of list and one of what is measured of lists as wholes, with sub-rows of what would be served alone.
void print_report(const EvaluationReport& report, std::ostream& out);

// The same evaluation in several ways, by the name of each.
using NamedReports = std::vector<std::pair<std::string, const EvaluationReport*>>;
struct ReportVariants {
  std::string list;  // in the JSON file: "staleness"
  std::string way;   // what tells them apart: "sync"
  NamedReports reports;
};
// The headline of each, as served and by learner.
void print_variants(const ReportVariants& variants, std::ostream& out);

// {"served": {…}, "learners": {NAME: {…}}, "events": …, "seconds": …, "seed": …, "config": "HASH"}; fractions. With
// variants also LIST: [{WAY: NAME, "served": {…}, "learners": {…}, "events_per_second": …}, …].
std::string report_json(const EvaluationReport& report, const ReportVariants& variants = {});
// Whether a report could be written there: asked before long work.
Status check_report_path(const std::string& path);
Status write_report_json(const EvaluationReport& report, const ReportVariants& variants, const std::string& path);

}  // namespace millrace
