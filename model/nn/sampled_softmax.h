// Softmax cross-entropy over negatives shared by the whole mini-batch plus a few exact candidates of each row, forward
// and gradient in one pass, with logQ correction (Bengio and Senécal 2008; Yi et al. 2019).
//
// Logit of shared negative k for row b:  contexts_b · items_k + offsets_k, offsets_k = −log min(q_k, 1)
// Logit of extra candidate e of row b:   contexts_b · items_{row_e} + bias_e
// Loss of row b: log Σ exp(logits) − logit of its positive extra. A shared negative that is also an extra of the row
// must be listed among the hits: it then counts once, as the extra.
//
// Sums over the negatives are taken in four parts, then added, whatever the threads.
#pragma once

#include <cstdint>
#include <span>

#include "core/workers.h"
#include "model/nn/arena.h"
#include "model/nn/matrix.h"

namespace millrace::nn {

// Shared negatives come in blocks of this many, so that the logits of a block stay in the cache.
inline constexpr std::size_t kNegativeBlock = 256;

struct SharedHit {
  std::uint32_t row = 0;
  std::uint32_t negative = 0;
};

struct SampledSoftmax {
  ConstMatrix contexts;                        // B × D; rows from offsets' end on are padding
  ConstMatrix items;                           // U × D, the first `offsets.size()` are the negatives
  std::span<const float> offsets;              // K, a multiple of kNegativeBlock; -infinity: padding
  std::span<const SharedHit> hits;             // in any order
  std::span<const std::uint32_t> extra_begin;  // examples + 1: extras of each row
  std::span<const std::uint32_t> extra_item;   // row of `items`
  std::span<const float> extra_bias;
  std::span<const std::uint32_t> positive;  // per row, an index of extras
  float shift = 0.0F;          // subtracted from every logit before the exponential; above the highest logit less 80
  float weight = 1.0F;         // of every row's loss in the gradients
  Workers* workers = nullptr;  // that help, if any; results do not depend on them
  bool half = false;           // products with the shared negatives are of bfloat16; requires has_bf16()
};

struct SampledSoftmaxGradients {
  Matrix contexts;              // B × D, overwritten
  Matrix items;                 // U × D: the negatives' rows are overwritten, the others added to
  float* extra_bias = nullptr;  // per extra, overwritten
};

// The sum of the rows' losses, unweighted. Needs K × B floats of the arena, half of them with `half`.
double sampled_softmax(const SampledSoftmax& input, Arena& arena, const SampledSoftmaxGradients& gradients);

}  // namespace millrace::nn
