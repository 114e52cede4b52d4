#include "app/evaluate/bench.h"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t kCurvePoints = 60;

}  // namespace

Result<std::unique_ptr<Bench>> Bench::open(const RunOptions& options, EvaluatorOptions scores, std::size_t events) {
  StepOptions step = options.step;
  step.model.seed = options.seed;
  step.rules.exclude_seen = step.model.ranker.first_touches = scores.exclude_seen;
  step.rules.length = scores.scores.list_length;
  if (options.curves) {
    scores.calibration = true;
    scores.scores.stretch = std::max<std::size_t>(1, events / kCurvePoints);
  }
  auto bench = std::make_unique<Bench>();
  MILLRACE_ASSIGN_OR_RETURN(bench->runner_, StepRunner::open(step, options.effort, options.batch));
  bench->evaluator_ = std::make_unique<Evaluator>(scores, *bench->runner_);
  return bench;
}

}  // namespace millrace
