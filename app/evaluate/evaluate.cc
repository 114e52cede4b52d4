#include "app/evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "app/evaluate/evaluator.h"
#include "app/evaluate/stream.h"
#include "app/progress.h"

namespace millrace {
namespace {

EvaluatorOptions evaluator_options(const EvaluateOptions& options) {
  EvaluatorOptions result;
  using Type = RankMetric::Type;
  for (const Type type : {Type::kRecall, Type::kReciprocalRank, Type::kNdcg}) {
    for (const std::size_t k : options.at) result.metrics.push_back({type, k});
  }
  result.list_length = options.step.rules.length;
  result.exclude_seen = options.step.rules.exclude_seen;
  return result;
}

Status check_options(const EvaluateOptions& options) {
  const std::size_t most = options.step.model.ranker.candidates_per_source;
  for (const std::size_t k : options.at) {
    if (k >= 1 && k <= most) continue;
    return stop_error(ErrorCode::kInvalid, "evaluating at " + std::to_string(k) + ": expected 1 to " +
                                               std::to_string(most) + ", the candidates that every source offers");
  }
  return Ok{};
}

}  // namespace

Result<EvaluationReport> evaluate(const EvaluateOptions& options) {
  MILLRACE_RETURN_IF_ERROR(check_options(options));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(options.file));
  sort_by_time(events);
  if (options.shuffle_control) {
    permute_items(events, options.seed);
    permute_values(events, options.seed);
  }
  StepOptions step = options.step;
  step.model.seed = options.seed;
  MILLRACE_ASSIGN_OR_RETURN(const auto runner, StepRunner::open(step, options.effort, options.batch));
  Evaluator evaluator(evaluator_options(options), *runner);
  Progress progress(options.progress, "evaluate", events.size());
  const auto start = std::chrono::steady_clock::now();
  TimedStream stream;
  stream.ranks = [&](const Event& event) {
    return event.quantity > 0.0F && options.step.features.kinds.at(event.kind).signal != Signal::kRating;
  };
  stream.first_touches = options.step.rules.exclude_seen;
  stream.skip_share = options.skip_share;
  MILLRACE_RETURN_IF_ERROR(predict_then_learn(events, stream, evaluator, progress));
  EvaluationReport report = evaluator.report();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.seed = options.seed;
  report.config = options.config_hash;
  return report;
}

Status run_evaluate(const EvaluateOptions& options, std::ostream& out) {
  MILLRACE_RETURN_IF_ERROR(check_report_path(options.json_path));
  MILLRACE_ASSIGN_OR_RETURN(const EvaluationReport report, evaluate(options));
  print_report(report, out);
  if (options.json_path.empty()) return Ok{};
  return write_report_json(report, options.json_path);
}

}  // namespace millrace
