// A small network that bends what the ridge says (level_layers.h), trained by Adam on every mini-batch of fresh
// ratings, then on old ones drawn from a ring of the newest.
//
// Rows "n" and "x": docs/formats.md, "ratings".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/families/family.h"
#include "model/ratings/level_layers.h"

namespace millrace {

class LevelNet {
 public:
  using Inputs = level_layers::Inputs;
  static constexpr std::size_t kMinibatch = 16;

  // `ring_size` is a multiple of kMinibatch.
  LevelNet(std::uint64_t seed, std::size_t ring_size);

  // The mean of the distribution.
  float predict(const Inputs& inputs, float ridge) const;
  void learn(const Inputs& inputs, float ridge, float level, std::uint32_t replays);

  void save(const RowSink& sink, bool all);
  // Takes tables "n" and "x".
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t memory_bytes() const;

 private:
  struct Pair {
    Inputs inputs{};
    float ridge = 0.0F;
    float level = 0.0F;
  };
  void add_gradient(const Pair& pair);
  void step();
  Status load_weights(std::string_view value);
  Status load_pair(std::string_view key, std::string_view value);

  std::uint64_t seed_;
  std::size_t ring_size_;
  std::vector<float> weights_;
  std::vector<float> means_;
  std::vector<float> variances_;
  std::vector<float> gradient_;  // zero between steps
  std::vector<Pair> ring_;       // by slot
  std::uint64_t count_ = 0;      // ratings learnt
  std::uint64_t saved_ = 0;      // at the last save
  std::uint64_t steps_ = 0;
};

}  // namespace millrace
