// Hedge (Freund and Schapire, 1997): weights that follow measured losses. A weight never falls below a share of the
// best one's, so that whoever becomes better comes back. One thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/bytes.h"

namespace millrace {

class Hedge {
 public:
  // `least`: of the best weight, in (0, 1].
  Hedge(std::size_t learners, double rate, double least);

  // One loss in [0, 1] a learner.
  void learn(std::span<const double> losses);
  double weight(std::size_t learner) const { return weights_[learner]; }  // they add up to 1
  std::span<const double> weights() const { return weights_; }

  double log_weight(std::size_t learner) const { return log_weights_[learner]; }
  void restore(std::size_t learner, double log_weight);

 private:
  void settle();

  double rate_;
  double floor_;
  std::vector<double> log_weights_;  // of the best: 0
  std::vector<double> weights_;
};

}  // namespace millrace
