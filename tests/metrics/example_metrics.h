// A Metrics object that has seen something of everything.
#pragma once

#include <memory>

#include "metrics/metrics.h"

namespace millrace {

std::unique_ptr<Metrics> make_example_metrics();

}  // namespace millrace
