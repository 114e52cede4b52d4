// Whether probabilities are what they say. The ranker is learnt by listwise softmax, so the softmax of the scores of a
// list is the probability of each of its items to be the one that is taken, given that one of them is: calibration and
// AUC are taken over the lists that hold a target. Scores of other learners are no probabilities and get neither.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace millrace {

struct CalibrationBin {
  double predicted = 0.0;  // mean
  double observed = 0.0;   // mean
  double standard_error = 0.0;
  double count = 0.0;
};

class ListCalibration {
 public:
  ListCalibration();
  // `scores` of a list, best first; `taken`: whether each item was. A list of which nothing was taken is left out.
  void add(std::span<const float> scores, const std::vector<bool>& taken);

  // That an item which was taken has the higher probability than one, of any list, which was not. Equal ones (to about
  // three parts in ten thousand) count against it. Absent where nothing was taken, or everything.
  std::optional<double> auc() const;
  // Expected calibration error (Naeini et al., AAAI 2015) over bins of equal width.
  double error() const;
  std::vector<CalibrationBin> bins() const;  // of equal width over [0, 1], empty ones left out

 private:
  struct Bin {
    double count = 0.0;
    double predicted = 0.0;
    double taken = 0.0;
  };
  void add(double probability, double choices, double taken);

  std::vector<Bin> bins_;
  std::vector<double> taken_, left_;  // by logarithm of the probability
};

// Predicted ratings beside what was given.
class RatingCalibration {
 public:
  void add(double predicted, double given);
  std::vector<CalibrationBin> bins() const;  // a quarter of a step wide, ascending

 private:
  struct Bin {
    double count = 0.0;
    double predicted = 0.0;
    double given = 0.0;
    double squares = 0.0;
  };
  std::map<int, Bin> bins_;
};

}  // namespace millrace
