// One evaluation at several efforts: what quality costs.
#pragma once

#include <functional>
#include <iosfwd>
#include <vector>

#include "app/evaluate/report.h"
#include "app/evaluate/staleness.h"
#include "core/result.h"

namespace millrace {

// Runs each (percent between the least and the most effort), prints the table of the greatest and what each reaches at
// how many events a second, and writes the files: as run_and_write(), with the others below "efforts", and effort.svg,
// the headline and the measure after it over events a second.
Status run_efforts_and_write(std::vector<double> percents, const std::function<Result<EvaluationReport>(double)>& run,
                             const OutputOptions& options, std::ostream& out);

}  // namespace millrace
