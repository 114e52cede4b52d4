// From the flags of an evaluation to what it is run with: of `evaluate` and `tune`.
#pragma once

#include "app/cli.h"
#include "app/config.h"
#include "app/evaluate/evaluate.h"
#include "core/result.h"

namespace millrace {

Result<EvaluateOptions> evaluate_options(const EvaluateFlags& flags, const Config& config);

// Of topics it prints what became of their records.
Result<EventStream> read_stream(const EvaluateFlags& flags, const Config& config);

}  // namespace millrace
