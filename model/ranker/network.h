// The ranker's score of a candidate: a linear part over its features, and a small hidden layer that sees the features
// of the event as well,
//
//   score = w · x + Σ_h o_h · max(0, u_h · x + e_h · g),
//
// with x the candidate's standardised features and g the event's (a constant 1 among them, for the biases). Weights lie
// in one array so that the optimiser walks over them once.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/random.h"
#include "core/workers.h"
#include "model/nn/arena.h"
#include "model/nn/matrix.h"

namespace millrace {

struct NetworkShape {
  static constexpr std::size_t kHidden = 32;
  std::size_t features = 0;  // padded to nn::kLanes
  std::size_t event = 0;     // padded to nn::kLanes

  std::size_t linear_begin() const { return kHidden * features; }
  std::size_t event_begin() const { return linear_begin() + features; }
  std::size_t output_begin() const { return event_begin() + kHidden * event; }
  std::size_t size() const { return output_begin() + kHidden; }
};

// One prediction's standardised input. Rows beyond `items` are zero up to a multiple of kRowPadding.
struct RankerInput {
  static constexpr std::size_t kRowPadding = 64;
  static constexpr std::size_t kMostKept = 96;  // items of a prediction that is learnt from
  std::size_t items = 0;
  std::vector<float> x;  // padded items × shape.features
  std::vector<float> g;  // shape.event
};

class RankerNetwork {
 public:
  explicit RankerNetwork(NetworkShape shape) : shape_(shape) {}

  const NetworkShape& shape() const { return shape_; }
  // Hidden units at random, the linear part and the output at zero.
  std::vector<float> initial_weights(Random random) const;
  std::span<float> linear(std::span<float> weights) const {
    return weights.subspan(shape_.linear_begin(), shape_.features);
  }

  // One score an item. What backward() and slope() need is kept until the lane's next call.
  std::span<const float> forward(std::span<const float> weights, const RankerInput& input);
  // Adds to `gradient` what `residuals` (∂loss/∂score, one an item; zero: skipped) say of the newest forward().
  void backward(std::span<const float> weights, const RankerInput& input, std::span<const float> residuals,
                std::span<float> gradient);
  // ∂score/∂x of one item of the newest forward().
  void slope(std::span<const float> weights, std::size_t item, std::span<float> slope) const;

 private:
  // Of the newest forward().
  struct Activity {
    nn::Arena arena;
    nn::Matrix units;  // padded items × kHidden: with the event's part, not yet rectified
    std::vector<float> scores;
  };

  NetworkShape shape_;
  PerLane<Activity> activities_;
};

}  // namespace millrace
