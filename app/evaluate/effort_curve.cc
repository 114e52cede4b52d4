#include "app/evaluate/effort_curve.h"

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>
#include <utility>

#include "app/evaluate/plots.h"

namespace millrace {
namespace {

struct EffortReport {
  std::string name;
  EvaluationReport report;
};
using EffortCurve = std::vector<EffortReport>;

std::string percent_name(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", percent);
  return text;
}

void print_speeds(const EffortCurve& curve, std::ostream& out) {
  out << '\n';
  for (const auto& [name, report] : curve) {
    char line[96];
    const double speed = events_per_second(report);
    std::snprintf(line, sizeof line, "effort %s: %.0f events/s, %.0f µs an event\n", name.c_str(), speed, 1e6 / speed);
    out << line;
  }
}

}  // namespace

Status run_efforts_and_write(std::vector<double> percents, const std::function<Result<EvaluationReport>(double)>& run,
                             const OutputOptions& options, std::ostream& out) {
  MILLRACE_RETURN_IF_ERROR(check_report_path(options.json_path));
  MILLRACE_RETURN_IF_ERROR(check_plots_folder(options.plots));
  std::sort(percents.begin(), percents.end());
  EffortCurve curve;
  for (const double percent : percents) {
    MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run(percent));
    curve.push_back({percent_name(percent), std::move(report)});
  }
  ReportVariants variants{"efforts", "effort", {}};
  for (const EffortReport& point : curve) variants.reports.emplace_back(point.name, &point.report);
  print_report(curve.back().report, out);
  print_variants(variants, out);
  print_speeds(curve, out);
  if (!options.plots.empty()) MILLRACE_RETURN_IF_ERROR(write_effort_plot(variants, options.title, options.plots));
  if (options.json_path.empty()) return Ok{};
  return write_report_json(curve.back().report, variants, options.json_path);
}

}  // namespace millrace
