#include "model/serve/hedge.h"

#include <algorithm>
#include <cmath>

namespace millrace {

Hedge::Hedge(std::size_t learners, double rate, double least)
    : rate_(rate), floor_(std::log(least)), log_weights_(learners, 0.0), weights_(learners) {
  settle();
}

void Hedge::learn(std::span<const double> losses) {
  for (std::size_t i = 0; i < losses.size(); ++i) log_weights_[i] -= rate_ * losses[i];
  settle();
}

void Hedge::restore(std::size_t learner, double log_weight) {
  log_weights_[learner] = log_weight;
  settle();
}

void Hedge::settle() {
  if (log_weights_.empty()) return;
  const double best = *std::max_element(log_weights_.begin(), log_weights_.end());
  double sum = 0.0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    log_weights_[i] = std::max(log_weights_[i] - best, floor_);
    sum += weights_[i] = std::exp(log_weights_[i]);
  }
  for (double& weight : weights_) weight /= sum;
}

}  // namespace millrace
