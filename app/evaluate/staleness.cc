#include "app/evaluate/staleness.h"

#include <algorithm>
#include <limits>
#include <ostream>
#include <utility>

#include "app/evaluate/plots.h"

namespace millrace {
namespace {

std::size_t freshness(Sync sync) {
  return sync.every_event() ? std::numeric_limits<std::size_t>::max() : sync.per_period;
}

}  // namespace

Result<std::vector<Sync>> parse_syncs(const std::vector<std::string>& texts) {
  std::vector<Sync> syncs;
  for (const std::string& text : texts) {
    MILLRACE_ASSIGN_OR_RETURN(const Sync sync, parse_sync(text));
    if (std::find(syncs.begin(), syncs.end(), sync) != syncs.end()) {
      return stop_error(ErrorCode::kInvalid, "reading --sync: \"" + text + "\" stands twice; name each once");
    }
    syncs.push_back(sync);
  }
  std::sort(syncs.begin(), syncs.end(), [](Sync a, Sync b) { return freshness(a) < freshness(b); });
  return syncs;
}

Status run_and_write(const std::vector<Sync>& syncs, const std::function<Result<EvaluationReport>(Sync)>& run,
                     const OutputOptions& options, std::ostream& out) {
  MILLRACE_RETURN_IF_ERROR(check_report_path(options.json_path));
  MILLRACE_RETURN_IF_ERROR(check_plots_folder(options.plots));
  StalenessCurve curve;
  for (const Sync sync : syncs) {
    MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run(sync));
    curve.push_back({sync, std::move(report)});
  }
  print_report(curve.back().report, out);
  ReportVariants variants{"staleness", "sync", {}};
  for (const SyncReport& point : curve) variants.reports.emplace_back(point.sync.name(), &point.report);
  if (curve.size() > 1) print_variants(variants, out);
  if (!options.plots.empty()) MILLRACE_RETURN_IF_ERROR(write_plots(curve, options.title, options.plots));
  if (!options.json_path.empty()) {
    if (curve.size() == 1) variants.reports.clear();
    MILLRACE_RETURN_IF_ERROR(write_report_json(curve.back().report, variants, options.json_path));
  }
  return Ok{};
}

}  // namespace millrace
