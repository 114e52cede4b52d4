#include "model/ranker/network.h"

#include <array>
#include <cmath>

#include "model/nn/matmul.h"
#include "model/nn/project.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::size_t kHidden = NetworkShape::kHidden;

}  // namespace

std::vector<float> RankerNetwork::initial_weights(Random random) const {
  std::vector<float> weights(shape_.size(), 0.0F);
  const auto fill = [&](std::size_t begin, std::size_t columns) {
    const double deviation = 1.0 / std::sqrt(static_cast<double>(columns));
    for (std::size_t i = 0; i < kHidden * columns; ++i) {
      weights[begin + i] = static_cast<float>(deviation * random.normal());
    }
  };
  fill(0, shape_.features);
  fill(shape_.event_begin(), shape_.event);
  return weights;
}

std::span<const float> RankerNetwork::forward(std::span<const float> weights, const RankerInput& input) {
  auto& [arena, units, scores] = activities_.mine();
  arena.reset();
  const std::size_t rows = nn::padded(input.items, RankerInput::kRowPadding);
  units = arena.matrix(rows, kHidden);
  nn::gemm_f32(nn::Transposed::kNo, nn::Transposed::kYes, rows, kHidden, shape_.features, input.x.data(),
               weights.data(), units.data);
  std::array<float, kHidden> event;
  for (std::size_t h = 0; h < kHidden; ++h) {
    event[h] = nn::dot(weights.data() + shape_.event_begin() + h * shape_.event, input.g.data(), shape_.event);
  }
  const float* output = weights.data() + shape_.output_begin();
  scores.resize(input.items);
  nn::project_rows({input.x.data(), input.items, shape_.features}, weights.data() + shape_.linear_begin(),
                   scores.data());
  for (std::size_t i = 0; i < input.items; ++i) {
    float* unit = units.row(i);
    std::array<float, kHidden> active;
    for (std::size_t h = 0; h < kHidden; ++h) {
      unit[h] += event[h];
      active[h] = unit[h] > 0.0F ? unit[h] : 0.0F;
    }
    scores[i] += nn::dot(active.data(), output, kHidden);
  }
  return scores;
}

void RankerNetwork::backward(std::span<const float> weights, const RankerInput& input, std::span<const float> residuals,
                             std::span<float> gradient) {
  const float* output = weights.data() + shape_.output_begin();
  float* output_gradient = gradient.data() + shape_.output_begin();
  std::array<float, kHidden> event{};
  for (std::size_t i = 0; i < input.items; ++i) {
    const float residual = residuals[i];
    if (residual == 0.0F) continue;
    const float* x = input.x.data() + i * shape_.features;
    const float* units = activities_.mine().units.row(i);
    nn::add_scaled(gradient.data() + shape_.linear_begin(), residual, x, shape_.features);
    for (std::size_t h = 0; h < kHidden; ++h) {
      if (units[h] <= 0.0F) continue;
      output_gradient[h] += residual * units[h];
      const float down = residual * output[h];
      event[h] += down;
      nn::add_scaled(gradient.data() + h * shape_.features, down, x, shape_.features);
    }
  }
  for (std::size_t h = 0; h < kHidden; ++h) {
    nn::add_scaled(gradient.data() + shape_.event_begin() + h * shape_.event, event[h], input.g.data(), shape_.event);
  }
}

void RankerNetwork::slope(std::span<const float> weights, std::size_t item, std::span<float> slope) const {
  const float* linear = weights.data() + shape_.linear_begin();
  std::copy(linear, linear + shape_.features, slope.begin());
  const float* output = weights.data() + shape_.output_begin();
  const float* units = activities_.mine().units.row(item);
  std::array<float, kHidden> active;
  for (std::size_t h = 0; h < kHidden; ++h) active[h] = units[h] > 0.0F ? output[h] : 0.0F;
  nn::add_weighted_rows(slope.data(), active, weights.data(), shape_.features);
}

}  // namespace millrace
