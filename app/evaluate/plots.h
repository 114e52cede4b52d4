// The pictures of an evaluation, as SVG files.
#pragma once

#include <string>

#include "app/evaluate/staleness.h"
#include "core/result.h"

namespace millrace {

// Whether plots could be written into `folder`, which is created if it is missing: asked before long work.
Status check_plots_folder(const std::string& folder);

// Into `folder`: metric-over-time.svg, calibration.svg and, of several synchronisations, staleness.svg (as served, and
// all learners); for ratings rating-error-over-time.svg and rating-calibration.svg. What was not measured is not drawn.
// All of the freshest but the staleness curve.
Status write_plots(const StalenessCurve& curve, const std::string& title, const std::string& folder);

// effort.svg: the first two measures of what was served, each over events a second; points carry the names.
Status write_effort_plot(const ReportVariants& variants, const std::string& title, const std::string& folder);

}  // namespace millrace
