#include "app/evaluate/yardsticks/yardstick.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

Result<EvaluationReport> run_letter(const YardstickOptions& options) {
  switch (options.letter) {
    case 'A':
      return run_clicks(options);
    case 'B':
      return run_news(options);
    case 'C':
      return run_gift_shop(options);
    case 'D':
      return run_movie_ratings(options);
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

YardstickOptions with_kinds(YardstickOptions options, const KindTable& kinds) {
  options.step.features.kinds = options.step.model.kinds = kinds;
  return options;
}

Result<EvaluationReport> yardstick(const YardstickOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run_letter(options));
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.seed = options.seed;
  report.config = options.config_hash;
  return report;
}

}  // namespace millrace
