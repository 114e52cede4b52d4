// An exponentially forgetting mean, for gauges that shall show the recent past whatever the rate of the stream.
#pragma once

#include <cmath>

namespace millrace {

class RunningMean {
 public:
  // `half_life`: the amount of weight after which an observation counts half.
  explicit RunningMean(double half_life) : log_keep_(-std::log(2.0) / half_life) {}

  // `mean` of `weight` observations.
  void add(double mean, double weight) {
    const double keep = std::exp(log_keep_ * weight);
    weighted_sum_ = weighted_sum_ * keep + mean * (1.0 - keep);
    weight_sum_ = weight_sum_ * keep + (1.0 - keep);
  }

  double value() const { return weight_sum_ > 0.0 ? weighted_sum_ / weight_sum_ : 0.0; }

 private:
  double log_keep_;
  double weighted_sum_ = 0.0;
  double weight_sum_ = 0.0;
};

}  // namespace millrace
