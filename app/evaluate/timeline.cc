#include "app/evaluate/timeline.h"

#include <algorithm>
#include <cmath>

namespace millrace {

void Timeline::add(std::uint64_t event, double value) {
  if (stretch_ == 0) return;
  const std::uint64_t at = event / stretch_;
  if (at >= sums_.size()) sums_.resize(at + 1);
  Sum& sum = sums_[at];
  sum.count += 1.0;
  sum.total += value;
  sum.squares += value * value;
}

std::vector<TimelinePoint> Timeline::points() const {
  std::vector<TimelinePoint> points;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const Sum& sum = sums_[i];
    if (sum.count == 0.0) continue;
    const double mean = sum.total / sum.count;
    const double variance = std::max(0.0, sum.squares / sum.count - mean * mean);
    points.push_back({i * stretch_ + stretch_ / 2, mean, std::sqrt(variance / sum.count)});
  }
  return points;
}

}  // namespace millrace
