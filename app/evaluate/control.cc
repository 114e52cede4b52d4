// The verdict of --shuffle-control.
#include <cmath>
#include <cstdio>

#include "app/evaluate/evaluate.h"

namespace millrace {
namespace {

constexpr double kErrorsAllowed = 3.0;

struct Figure {
  double mean = 0.0;
  double error = 0.0;
};

std::optional<Figure> figure_of(const ReportRow& row, const std::string& name) {
  const double* mean = find_value(row, name);
  if (mean == nullptr) return std::nullopt;
  const double* error = find_value(row, name + "_se");
  return Figure{*mean, error == nullptr ? 0.0 : *error};
}

// `sign`: 1 where more is better, -1 where less is.
Status compare(const Figure& served, const Figure& chance, const std::string& name, double sign, std::string& verdict) {
  const double error = std::hypot(served.error, chance.error);
  const double beyond = sign * (served.mean - chance.mean);
  char text[200];
  std::snprintf(text, sizeof text, "with targets permuted %s is %.4f; chance allows %.4f ± %.4f", name.c_str(),
                served.mean, chance.mean, error);
  if (beyond > kErrorsAllowed * error) {
    return stop_error(ErrorCode::kInvalid, std::string("the control fails: ") + text +
                                               "; something of what is predicted is known beforehand. Look for a "
                                               "field, a time or an order in the data that gives it away");
  }
  verdict += (verdict.empty() ? "" : "\n") + std::string("Control: ") + text + ". Nothing leaks.";
  return Ok{};
}

}  // namespace

Result<std::string> control_verdict(const EvaluationReport& report) {
  std::string verdict;
  const ReportRow* oracle = find_learner(report, "oracle");
  for (const auto& [name, value] : report.served.values) {
    if (oracle == nullptr || !(name.starts_with("recall@") || name.starts_with("hr@")) || name.ends_with("_se"))
      continue;
    const auto served = figure_of(report.served, name);
    const auto chance = figure_of(*oracle, name);
    if (served && chance) MILLRACE_RETURN_IF_ERROR(compare(*served, *chance, name, 1.0, verdict));
  }
  const ReportRow* mean = find_learner(report, "oracle_mean");
  if (mean == nullptr) return verdict;
  MILLRACE_RETURN_IF_ERROR(
      compare(*figure_of(report.served, "rmse"), *figure_of(*mean, "rmse"), "rmse", -1.0, verdict));
  return verdict;
}

}  // namespace millrace
