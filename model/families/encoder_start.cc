#include "model/families/encoder_start.h"

#include <algorithm>
#include <cmath>

#include "model/nn/vector_ops.h"

namespace millrace::encoder {

double start_gradient(nn::ConstMatrix unit, std::span<const float> offsets, std::span<const std::uint32_t> targets,
                      nn::Parameter& start, nn::Arena& arena) {
  if (targets.empty()) return 0.0;
  const std::size_t depth = unit.columns;
  const auto logit = [&](std::size_t row) {
    return static_cast<double>(nn::dot(start.value.data, unit.row(row), depth));
  };
  const auto exponentials = arena.of<double>(offsets.size());
  double negatives = 0.0;
  for (std::size_t k = 0; k < offsets.size(); ++k) {
    exponentials[k] = std::exp(logit(k) + static_cast<double>(offsets[k]));
    negatives += exponentials[k];
  }
  // Of each row's logit. A target that is among the negatives counts once, as the target.
  const auto gradient = arena.of<double>(unit.rows);
  std::fill(gradient.begin(), gradient.end(), 0.0);
  double loss = 0.0;
  double inverse_sums = 0.0;
  for (const std::uint32_t target : targets) {
    const double own = std::exp(logit(target));
    const double twice = target < offsets.size() ? exponentials[target] : 0.0;
    const double sum = negatives - twice + own;
    loss += std::log(sum) - logit(target);
    inverse_sums += 1.0 / sum;
    gradient[target] += (own - twice) / sum - 1.0;
  }
  for (std::size_t k = 0; k < offsets.size(); ++k) gradient[k] += exponentials[k] * inverse_sums;
  const double mean = 1.0 / static_cast<double>(targets.size());
  for (std::size_t row = 0; row < unit.rows; ++row) {
    if (gradient[row] == 0.0) continue;
    nn::add_scaled(start.gradient.data, static_cast<float>(gradient[row] * mean), unit.row(row), depth);
  }
  return loss;
}

}  // namespace millrace::encoder
