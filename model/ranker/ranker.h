// The learned ranker: which source to trust, for whom and when, learnt while the stream runs. Its network
// (ranker/network.h) is trained by listwise softmax (Cao et al., "Learning to rank", ICML 2007) on what was taken, each
// prediction made before it is learnt, with Adam; lists are ranked by a running average of the weights (Polyak and
// Juditsky, 1992). Each prediction is learnt from once: learnt again it would be learnt by heart (decision 0009). Its
// state is small and saved with every step, so that recovery need not rank again.
//
// Row "ranker": docs/formats.md, "learner: ranker".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/candidates.h"
#include "model/options.h"
#include "model/ranker/network.h"
#include "model/ranker/purchase_head.h"
#include "model/ranker/standardiser.h"

namespace millrace {

// A prediction with the positions of what was taken.
struct RankedExample {
  RankerInput input;
  std::vector<std::uint32_t> targets;
};

class Ranker {
 public:
  // `initial_linear`: weights of the standardised columns before anything is learnt.
  Ranker(const FeatureLayout& layout, std::span<const float> initial_linear, const RankerOptions& options,
         std::uint64_t seed);

  // The candidates' features become known: moves the standardisation. Before prepare().
  void observe(const Candidates& candidates);
  RankerInput prepare(const Candidates& candidates) const;
  // One score an item, by the averaged weights; valid until the lane's next call.
  std::span<const float> score(const RankerInput& input);
  // ∂score/∂feature of one item of the newest score(), per standardised column.
  void slope(std::size_t item, std::span<float> slope) const { network_.slope(averaged_, item, slope); }

  // Keeps a prediction for learn(), with the candidates that score best; `targets`: positions of what was taken.
  // Returns score() of all.
  std::span<const float> keep(const RankerInput& input, std::span<const std::size_t> targets);
  // Keeps for learn() whether what was touched, the candidate at `item`, was bought.
  void keep_outcome(const RankerInput& input, std::size_t item, bool purchased);
  // ln p(purchase | touch) of a candidate.
  float log_purchase(const RankerInput& input, std::size_t item) const;
  // Learns from all that was kept in this step, and forgets it.
  void learn();

  // Whether every weight and statistic is a finite number.
  bool is_finite() const;
  const Standardiser& features() const { return features_; }
  const Standardiser& event() const { return event_; }
  std::string encode() const;
  // Of columns that the row does not know nothing has been learnt; what it knows of others is let go.
  Status decode(std::string_view bytes);

 private:
  void learn_minibatch(std::span<const RankedExample> examples);
  void residuals_of(const RankedExample& example, std::span<const float> scores, float scale);
  std::size_t minibatch() const;
  std::span<const float> row_of(const RankerInput& input, std::size_t item) const;

  RankerOptions options_;
  std::vector<std::string> columns_, event_columns_;  // names
  Standardiser features_;
  Standardiser event_;
  RankerNetwork network_;
  PurchaseHead purchase_;
  std::vector<float> weights_, averaged_, first_moment_, second_moment_;
  std::uint64_t updates_ = 0;
  std::uint64_t learnt_ = 0;                 // predictions
  std::vector<RankedExample> kept_;          // of this step
  std::vector<float> gradient_, residuals_;  // scratch
};

}  // namespace millrace
