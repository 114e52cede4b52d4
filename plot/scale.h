// From values to places on the paper, and where an axis has its ticks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plot/chart.h"

namespace millrace {

// 1, 2 or 5 times a power of ten, so that about `count` of them make `range`.
double nice_step(double range, double count);

class Scale {
 public:
  // [low, high] of the data, widened to what the axis asks for; [begin, end] on the paper, in either direction.
  Scale(const ChartAxis& axis, double low, double high, double begin, double end);
  double place(double value) const;
  bool shows(double value) const;  // finite, and above 0 on a logarithmic axis
  std::vector<std::pair<double, std::string>> ticks(double count) const;

 private:
  const ChartAxis& axis_;
  double low_, high_, begin_, end_;
};

}  // namespace millrace
