// A Metrics object that has seen something of everything.
#pragma once

#include <cstdint>
#include <memory>

#include "metrics/metrics.h"

namespace millrace {

// Totals that others count have grown to `round` times those of the first.
void report_everything(Metrics& metrics, std::uint64_t round);
std::unique_ptr<Metrics> make_example_metrics();

}  // namespace millrace
