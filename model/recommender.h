// Candidates → one score → list: the ranker over every family's description, what stands best, and why. The learner
// asks it for every list; it learns from what was taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/list.h"
#include "core/result.h"
#include "model/candidates.h"
#include "model/options.h"
#include "model/ranker/ranker.h"

namespace millrace {

class Recommender {
 public:
  // `families` must outlive this.
  Recommender(Families families, const ModelOptions& options);

  // `lists`: by family, what rank() gave for this context.
  Candidates gather(const Context& context, std::span<const std::vector<ScoredItem>> lists) const {
    return gather_candidates(families_, layout_, context, lists);
  }
  // The best `k` candidates, best first, ties by lower index, each with the source that spoke most for it.
  Ranking rank(const Candidates& candidates, std::size_t k);
  // Says for each personal recommendation which item of the user's own is behind it.
  void explain(const Context& context, Ranking& ranking) const;
  // `targets` will have been taken of the candidates: kept for learn(). Called before rank() of the same candidates.
  void keep(const Candidates& candidates, std::span<const ItemIndex> targets);
  // Learns from what was kept in this step, and for each of it from `replays` of earlier steps.
  void learn(std::uint64_t step, std::size_t replays) { ranker_.learn(step, replays); }

  void save(const RowSink& sink) { ranker_.save(sink); }
  Status load(std::string_view key, std::string_view value) { return ranker_.load(key, value); }
  std::uint64_t memory_bytes() const { return ranker_.memory_bytes(); }

 private:
  Reason reason_of(const RankerInput& input, std::span<const float> mean, std::size_t item);

  Families families_;
  FeatureLayout layout_;
  Ranker ranker_;
  std::vector<float> slope_;  // scratch
};

}  // namespace millrace
