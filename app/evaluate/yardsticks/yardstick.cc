#include "app/evaluate/yardsticks/yardstick.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <utility>

#include "app/evaluate/yardsticks/protocol.h"

namespace millrace {
namespace {

Result<EvaluationReport> run_letter(const YardstickOptions& options) {
  switch (options.letter) {
    case 'A':
      return run_clicks(options);
    case 'B':
      return run_news(options);
    case 'C':
      return run_baskets(options);
    case 'D':
      return run_ratings(options);
    case 'E':
      return run_five_star(options);
    case 'G':
      return run_sessions(options);
    default:
      return stop_error(ErrorCode::kInvalid, "choosing a yardstick: found '" + std::string(1, options.letter) +
                                                 "', expected one of A B C D E G");
  }
}

}  // namespace

Result<Sync> parse_sync(std::string_view text) {
  if (text == "event") return Sync::kEvent;
  if (text == "period") return Sync::kPeriod;
  return stop_error(ErrorCode::kInvalid,
                    "reading --sync: found \"" + std::string(text) + "\", expected event or period");
}

Result<std::string> find_data_file(const std::string& data, const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path root(data);
  if (fs::is_regular_file(root, ignored) && (root.filename() == name || name.ends_with(root.extension().string()))) {
    return data;
  }
  if (fs::is_regular_file(root / name, ignored)) return (root / name).string();
  std::vector<std::string> found;
  for (fs::directory_iterator entry(root, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const fs::path candidate = entry->path() / name;
    if (fs::is_regular_file(candidate, ignored)) found.push_back(candidate.string());
  }
  if (found.empty()) {
    return stop_error(ErrorCode::kNotFound,
                      "looking for " + name + " in " + data +
                          " and its folders: not there; give --data the folder that holds it, unpacked");
  }
  return *std::min_element(found.begin(), found.end());
}

Result<std::unique_ptr<Bench>> Bench::open(const YardstickOptions& options, const Protocol& protocol) {
  StepOptions step = options.step;
  step.features.kinds = step.model.kinds = protocol.kinds;
  step.model.seed = options.seed;
  step.rules.exclude_seen = step.model.ranker.first_touches = protocol.scores.exclude_seen;
  step.rules.length = protocol.scores.list_length;
  auto bench = std::make_unique<Bench>();
  MILLRACE_ASSIGN_OR_RETURN(bench->runner_, StepRunner::open(step, options.effort, options.batch));
  bench->evaluator_ = std::make_unique<Evaluator>(protocol.scores, *bench->runner_);
  return bench;
}

Result<EvaluationReport> yardstick(const YardstickOptions& options) {
  if (options.sync == Sync::kPeriod && options.letter != 'A' && options.letter != 'G') {
    return stop_error(ErrorCode::kInvalid, "running yardstick " + std::string(1, options.letter) +
                                               " with --sync period: only A and G have periods; leave it out");
  }
  const auto start = std::chrono::steady_clock::now();
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run_letter(options));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.seed = options.seed;
  report.config = options.config_hash;
  return report;
}

Status run_yardstick(const YardstickOptions& options, std::ostream& out) {
  MILLRACE_RETURN_IF_ERROR(check_report_path(options.json_path));
  MILLRACE_ASSIGN_OR_RETURN(const EvaluationReport report, yardstick(options));
  print_report(report, out);
  if (options.json_path.empty()) return Ok{};
  return write_report_json(report, options.json_path);
}

}  // namespace millrace
