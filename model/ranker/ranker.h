// The learned ranker: which source to trust, for whom and when, learnt while the stream runs. Its network
// (ranker/network.h) is trained by listwise softmax (Cao et al., "Learning to rank", ICML 2007) on what was taken, each
// prediction made before it is learnt, with Adam; lists are ranked by a running average of the weights (Polyak and
// Juditsky, 1992). Its state is small and saved with every step, so that recovery need not rank again.
//
// Rows: "ranker": u8 2, u64 fingerprint of the columns' names, varint updates, varint predictions learnt, varint next
// slot of the ring, both standardisations (varint predictions, f64 each mean, f64 each mean square), then f32 each:
// weights, averaged weights, Adam's first and second moments (the order within: ranker/network.h). "ring" + u32 slot:
// u8 1, varint items, varint targets, varint each, then a byte each: event features, features item by item.
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
#include "model/ranker/replay_ring.h"
#include "model/ranker/standardiser.h"

namespace millrace {

class Ranker {
 public:
  // `initial_linear`: weights of the standardised columns before anything is learnt.
  Ranker(const FeatureLayout& layout, std::span<const float> initial_linear, const RankerOptions& options,
         std::uint64_t seed);

  // The candidates' features become known: moves the standardisation. Before prepare().
  void observe(const Candidates& candidates);
  RankerInput prepare(const Candidates& candidates) const;
  // One score an item, by the averaged weights; valid until the next call.
  std::span<const float> score(const RankerInput& input);
  // ∂score/∂feature of one item of the newest score(), per standardised column.
  void slope(std::size_t item, std::span<float> slope) const { network_.slope(averaged_, item, slope); }

  // Keeps a prediction for learn(), with the candidates that score best; `targets`: positions of what was taken.
  void keep(const RankerInput& input, std::span<const std::size_t> targets);
  // Learns from all that was kept in this step, and for each again from `replays` earlier ones; forgets the former.
  void learn(std::uint64_t step, std::size_t replays);

  // Hands over the state, and what changed of the replay ring.
  void save(const RowSink& sink);
  // One saved row back.
  Status load(std::string_view key, std::string_view value);
  std::uint64_t memory_bytes() const { return ring_.memory_bytes(); }

 private:
  void learn_minibatch(std::span<const RankedExample> examples);
  void residuals_of(const RankedExample& example, std::span<const float> scores, float scale);
  std::size_t minibatch() const;
  std::string encode() const;
  Status decode(std::string_view bytes);

  RankerOptions options_;
  std::uint64_t seed_;
  std::uint64_t fingerprint_;  // of the columns' names
  Standardiser features_;
  Standardiser event_;
  RankerNetwork network_;
  std::vector<float> weights_, averaged_, first_moment_, second_moment_;
  std::uint64_t updates_ = 0;
  std::uint64_t learnt_ = 0;         // predictions
  std::vector<RankedExample> kept_;  // of this step
  ReplayRing ring_;
  std::vector<float> gradient_, residuals_;  // scratch
};

}  // namespace millrace
