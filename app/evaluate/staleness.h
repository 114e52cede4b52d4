// One evaluation at several synchronisations: what freshness buys. And what every evaluation writes at its end.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/evaluate/report.h"
#include "app/evaluate/sync.h"
#include "core/result.h"

namespace millrace {

struct SyncReport {
  Sync sync;
  EvaluationReport report;
};
using StalenessCurve = std::vector<SyncReport>;  // from the stalest to the freshest

// "event,period,100" → from the stalest to the freshest. kInvalid as parse_sync(), and for one that stands twice.
Result<std::vector<Sync>> parse_syncs(const std::vector<std::string>& texts);

struct OutputOptions {
  std::string json_path;  // empty: no file
  std::string plots;      // a folder, created if missing; empty: no plots
  std::string title;      // data, protocol, seed
};

// Runs each, prints tables to `out`, and writes the files. With several the table and the JSON file are of the
// freshest, with the others below "staleness".
Status run_and_write(const std::vector<Sync>& syncs, const std::function<Result<EvaluationReport>(Sync)>& run,
                     const OutputOptions& options, std::ostream& out);

}  // namespace millrace
