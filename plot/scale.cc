#include "plot/scale.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace millrace {
namespace {

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", std::fabs(value) < 1e-12 ? 0.0 : value);
  return text;
}

}  // namespace

double nice_step(double range, double count) {
  const double exact = std::max(range, 1e-9) / count;
  const double power = std::pow(10.0, std::floor(std::log10(exact)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= exact) return factor * power;
  }
  return 10.0 * power;
}

Scale::Scale(const ChartAxis& axis, double low, double high, double begin, double end)
    : axis_(axis), low_(low), high_(high), begin_(begin), end_(end) {
  if (axis.logarithmic) {
    if (low_ <= 0.0) low_ = high_ = std::max(high_, 1.0);  // no value above 0
    low_ = std::pow(10.0, std::floor(std::log10(low_)));
    high_ = std::pow(10.0, std::ceil(std::log10(high_ * 1.001)));
    return;
  }
  if (axis.from_zero) low_ = std::min(0.0, low_);
  if (high_ <= low_) high_ = low_ + 1.0;
}

bool Scale::shows(double value) const { return std::isfinite(value) && (!axis_.logarithmic || value > 0.0); }

double Scale::place(double value) const {
  const double share =
      axis_.logarithmic ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
  return begin_ + (end_ - begin_) * std::clamp(share, 0.0, 1.0);
}

std::vector<std::pair<double, std::string>> Scale::ticks(double count) const {
  if (!axis_.ticks.empty()) return axis_.ticks;
  std::vector<std::pair<double, std::string>> ticks;
  if (axis_.logarithmic) {
    const auto decades = static_cast<int>(std::floor(std::log10(high_ * 1.0001 / low_)));
    for (int decade = 0; decade <= decades; ++decade) {
      const double value = low_ * std::pow(10.0, decade);
      ticks.emplace_back(value, short_number(value));
    }
    return ticks;
  }
  const double step = nice_step(high_ - low_, count);
  const auto first = static_cast<std::int64_t>(std::ceil(low_ / step - 1e-6));
  const auto last = static_cast<std::int64_t>(std::floor(high_ / step + 1e-6));
  for (std::int64_t at = first; at <= last; ++at) {
    const double value = static_cast<double>(at) * step;
    ticks.emplace_back(value, short_number(value));
  }
  return ticks;
}

std::vector<std::pair<double, std::string>> time_ticks(double end) {
  const bool minutes = end > 600.0;
  const bool hours = end > 4.0 * 3600.0;
  const double unit = hours ? 3600.0 : minutes ? 60.0 : 1.0;
  const std::string name = hours ? " h" : minutes ? " min" : " s";
  const double step = nice_step(end / unit, 10.0);
  std::vector<std::pair<double, std::string>> ticks;
  for (double at = 0.0; at * step * unit <= end; at += 1.0) {
    ticks.emplace_back(at * step * unit, short_number(at * step) + name);
  }
  return ticks;
}

}  // namespace millrace
