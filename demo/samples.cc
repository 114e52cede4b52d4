#include "demo/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace millrace {
namespace {

// name="value",…  Escapes within values are kept as they are: the demo asks for none that has any.
std::map<std::string, std::string> parse_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  while (!text.empty()) {
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos) break;
    auto end = equals + 2;
    while (end < text.size() && (text[end] != '"' || text[end - 1] == '\\')) ++end;
    labels.emplace(text.substr(0, equals), text.substr(equals + 2, end - equals - 2));
    text.remove_prefix(std::min(text.size(), end + 2));  // the quote and the comma
  }
  return labels;
}

bool includes(const std::map<std::string, std::string>& labels, const Labels& wanted) {
  for (const auto& [name, value] : wanted) {
    const auto found = labels.find(name);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

}  // namespace

Samples Samples::parse(std::string_view text) {
  Samples samples;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    const std::string_view series = line.substr(0, space);
    const auto brace = series.find('{');
    Sample sample;
    sample.value = std::strtod(std::string(line.substr(space + 1)).c_str(), nullptr);
    if (brace != std::string_view::npos)
      sample.labels = parse_labels(series.substr(brace + 1, series.size() - brace - 2));
    samples.metrics_[std::string(series.substr(0, brace))].push_back(std::move(sample));
  }
  return samples;
}

double Samples::sum(const std::string& metric, const Labels& labels) const {
  const auto found = metrics_.find(metric);
  double sum = 0.0;
  if (found == metrics_.end()) return sum;
  for (const Sample& sample : found->second) sum += includes(sample.labels, labels) ? sample.value : 0.0;
  return sum;
}

std::map<double, double> Samples::buckets(const std::string& histogram) const {
  std::map<double, double> result;
  const auto found = metrics_.find(histogram + "_bucket");
  if (found == metrics_.end()) return result;
  for (const Sample& sample : found->second) {
    const auto bound = sample.labels.find("le");
    if (bound == sample.labels.end()) continue;
    const bool infinite = bound->second == "+Inf";
    result[infinite ? std::numeric_limits<double>::infinity() : std::strtod(bound->second.c_str(), nullptr)] +=
        sample.value;
  }
  return result;
}

double quantile(const std::map<double, double>& earlier, const std::map<double, double>& later, double q) {
  const auto before = [&](double bound) {
    const auto found = earlier.find(bound);
    return found == earlier.end() ? 0.0 : found->second;
  };
  if (later.empty()) return 0.0;
  const double all = later.rbegin()->second - before(later.rbegin()->first);
  if (all <= 0.0) return 0.0;
  double low = 0.0;
  double below = 0.0;
  for (const auto& [bound, count] : later) {
    const double cumulative = count - before(bound);
    if (cumulative >= q * all) {
      if (std::isinf(bound)) return low;
      return cumulative == below ? bound : low + (bound - low) * (q * all - below) / (cumulative - below);
    }
    low = bound;
    below = cumulative;
  }
  return low;
}

}  // namespace millrace
