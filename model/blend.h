// The seat of the learned ranker: one weight a family, score = Σ w_f · s_f, where s_f is the family's log-probability
// or log share. The weights start at log p(encoder) + log(memory share + 1e-3) and follow the stream by
// listwise softmax (Cao et al., "Learning to rank", ICML 2007) with Adam. Small: saved whole with every step.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/candidates.h"

namespace millrace {

class Blend {
 public:
  Blend(std::vector<float> initial_weights, float rate, std::size_t minibatch);

  float score(std::span<const float> family_scores) const;
  // One ranked example: `target` is the position of what was taken among the candidates. Updates after every
  // mini-batch.
  void learn(const Candidates& candidates, std::size_t target);

  std::span<const float> weights() const { return weights_; }
  std::string encode() const;
  Status decode(std::string_view bytes);

 private:
  void update();

  float rate_;
  std::size_t minibatch_;
  std::vector<float> weights_, first_moment_, second_moment_, gradient_;
  std::uint64_t updates_ = 0;
  std::uint64_t pending_ = 0;
  std::vector<float> logits_;  // scratch
};

}  // namespace millrace
