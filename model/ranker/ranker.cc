#include "model/ranker/ranker.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/descending.h"
#include "model/nn/adam.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::uint64_t kWeightsPurpose = 201;
// Young rankers learn in small mini-batches, at a rate that goes with the root of their size.
constexpr std::size_t kLeastMinibatch = 8;
constexpr std::uint64_t kLearntPerExample = 500;
// The averaged weights follow those learnt over about so many updates, fewer in the beginning.
constexpr float kAveraging = 0.99F;
constexpr float kAveragingStart = 0.2F;
// Residuals below this leave no trace worth its time.
constexpr float kLeastResidual = 1e-3F;

NetworkShape shape_of(const FeatureLayout& layout) {
  NetworkShape shape;
  shape.features = nn::padded(layout.columns.size(), nn::kLanes);
  shape.event = nn::padded(layout.event_columns.size() + 1, nn::kLanes);
  return shape;
}

// What stands behind the columns, which sees zeros alone.
void clear_padding(const NetworkShape& shape, std::size_t columns, std::size_t event_columns,
                   std::span<float> weights) {
  for (std::size_t h = 0; h < NetworkShape::kHidden; ++h) {
    const auto features = weights.subspan(h * shape.features, shape.features);
    std::fill(features.begin() + static_cast<std::ptrdiff_t>(columns), features.end(), 0.0F);
    const auto event = weights.subspan(shape.event_begin() + h * shape.event, shape.event);
    std::fill(event.begin() + static_cast<std::ptrdiff_t>(event_columns), event.end(), 0.0F);
  }
}

}  // namespace

Ranker::Ranker(const FeatureLayout& layout, std::span<const float> initial_linear, const RankerOptions& options,
               std::uint64_t seed)
    : options_(options),
      columns_(layout.columns),
      event_columns_(layout.event_columns),
      features_(layout.columns.size()),
      event_(layout.event_columns.size()),
      network_(shape_of(layout)),
      purchase_(network_.shape().features, network_.shape().event),
      weights_(network_.initial_weights(Random(seed, 0, kWeightsPurpose))) {
  clear_padding(network_.shape(), columns_.size(), event_columns_.size() + 1, weights_);
  std::copy(initial_linear.begin(), initial_linear.end(), network_.linear(weights_).begin());
  averaged_ = weights_;
  // Adam walks over whole lanes.
  for (auto* values : {&weights_, &averaged_, &first_moment_, &second_moment_, &gradient_}) {
    values->resize(nn::padded(weights_.size(), nn::kLanes));
  }
}

void Ranker::observe(const Candidates& candidates) {
  if (candidates.items.empty()) return;
  features_.observe(candidates.features, candidates.items.size());
  event_.observe(candidates.event, 1);
}

RankerInput Ranker::prepare(const Candidates& candidates) const {
  const NetworkShape& shape = network_.shape();
  RankerInput input;
  input.items = candidates.items.size();
  input.x.resize(nn::padded(input.items, RankerInput::kRowPadding) * shape.features);
  input.g.resize(shape.event);
  features_.apply(candidates.features, input.items, input.x.data(), shape.features);
  event_.apply(candidates.event, 1, input.g.data(), shape.event);
  input.g[candidates.event.size()] = 1.0F;
  return input;
}

std::span<const float> Ranker::score(const RankerInput& input) {
  if (input.items == 0) return {};
  return network_.forward(averaged_, input);
}

std::span<const float> Ranker::keep(const RankerInput& input, std::span<const std::size_t> targets) {
  const std::span<const float> scores = score(input);
  std::vector<std::uint32_t> order = descending(scores);
  const auto taken = [&](std::size_t at) { return std::binary_search(targets.begin(), targets.end(), at); };
  std::stable_partition(order.begin(), order.end(), taken);
  const std::size_t count = std::min(input.items, RankerInput::kMostKept);
  const std::size_t columns = network_.shape().features;
  RankedExample example;
  example.input.items = count;
  example.input.g = input.g;
  example.input.x.resize(nn::padded(count, RankerInput::kRowPadding) * columns);
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(input.x.begin() + static_cast<std::ptrdiff_t>(order[i] * columns), columns,
                example.input.x.begin() + static_cast<std::ptrdiff_t>(i * columns));
  }
  example.targets.resize(std::min(targets.size(), count));
  std::iota(example.targets.begin(), example.targets.end(), 0U);
  kept_.push_back(std::move(example));
  return scores;
}

std::span<const float> Ranker::row_of(const RankerInput& input, std::size_t item) const {
  return std::span(input.x).subspan(item * network_.shape().features, network_.shape().features);
}

void Ranker::keep_outcome(const RankerInput& input, std::size_t item, bool purchased) {
  purchase_.keep(row_of(input, item), input.g, purchased);
}

float Ranker::log_purchase(const RankerInput& input, std::size_t item) const {
  return purchase_.log_probability(row_of(input, item), input.g);
}

std::size_t Ranker::minibatch() const {
  return std::clamp<std::size_t>(learnt_ / kLearntPerExample, std::min(kLeastMinibatch, options_.minibatch),
                                 options_.minibatch);
}

void Ranker::learn() {
  const std::size_t size = minibatch();
  for (std::size_t begin = 0; begin < kept_.size(); begin += size) {
    learn_minibatch(std::span(kept_).subspan(begin, std::min(size, kept_.size() - begin)));
  }
  purchase_.learn();
  learnt_ += kept_.size();
  kept_.clear();
}

void Ranker::learn_minibatch(std::span<const RankedExample> examples) {
  std::fill(gradient_.begin(), gradient_.end(), 0.0F);
  for (const RankedExample& example : examples) {
    residuals_of(example, network_.forward(weights_, example.input), 1.0F / static_cast<float>(examples.size()));
    network_.backward(weights_, example.input, residuals_, gradient_);
  }
  ++updates_;
  nn::AdamSettings settings;
  settings.rate =
      options_.rate * std::sqrt(static_cast<float>(examples.size()) / static_cast<float>(options_.minibatch));
  nn::adam_step(nn::AdamStep(settings, updates_), gradient_.data(), weights_.data(), first_moment_.data(),
                second_moment_.data(), weights_.size());
  const float kept = std::min(kAveraging, 1.0F - 1.0F / (1.0F + kAveragingStart * static_cast<float>(updates_)));
  nn::scale(averaged_.data(), kept, averaged_.size());
  nn::add_scaled(averaged_.data(), 1.0F - kept, weights_.data(), averaged_.size());
}

// Softmax less the share of each target, with label smoothing (Szegedy et al., 2016).
void Ranker::residuals_of(const RankedExample& example, std::span<const float> scores, float scale) {
  const std::size_t count = scores.size();
  residuals_.assign(scores.begin(), scores.end());
  const float largest = *std::max_element(residuals_.begin(), residuals_.end());
  float sum = 0.0F;
  for (float& score : residuals_) sum += score = std::exp(score - largest);
  const float everywhere = options_.label_smoothing / static_cast<float>(count);
  for (float& score : residuals_) score = score / sum - everywhere;
  const float share = (1.0F - options_.label_smoothing) / static_cast<float>(example.targets.size());
  for (const std::size_t target : example.targets) residuals_[target] -= share;
  for (float& residual : residuals_) residual = std::abs(residual) < kLeastResidual ? 0.0F : residual * scale;
}

bool Ranker::is_finite() const {
  const auto finite = [](const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  };
  return finite(weights_) && finite(averaged_) && features_.is_finite() && event_.is_finite() && purchase_.is_finite();
}

}  // namespace millrace
