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
#include "core/workers.h"
#include "model/candidates.h"
#include "model/options.h"
#include "model/ranker/ranker.h"

namespace millrace {

struct Taken {
  ItemIndex item = kUnknownItem;
  Signal signal{};
};

class Recommender {
 public:
  // `families` must outlive this.
  Recommender(Families families, const ModelOptions& options);

  // `lists`: by family, what rank() gave for this context.
  Candidates gather(const Context& context, std::span<const std::vector<ScoredItem>> lists) const {
    return gather_candidates(families_, layout_, context, lists);
  }
  RankerInput prepare(const Candidates& candidates) const { return ranker_.prepare(candidates); }
  // The best `k` candidates, best first, ties by lower index, each with the source that spoke most for it. `input`: of
  // these candidates.
  Ranking rank(const Context& context, const Candidates& candidates, const RankerInput& input, std::size_t k);
  // Says for each personal recommendation which item of the user's own is behind it.
  void explain(const Context& context, Ranking& ranking) const;
  // A prediction that will be learnt from: its features move the standardisation. Before prepare().
  void observe(const Candidates& candidates) { ranker_.observe(candidates); }
  // What will have been taken of the candidates: kept for learn(). Returns the candidates' scores; none where nothing
  // taken is among them.
  std::span<const float> keep(const Context& context, const Candidates& candidates, const RankerInput& input,
                              std::span<const Taken> taken);
  // Learns from what was kept in this step.
  void learn() { ranker_.learn(); }

  bool is_finite() const { return ranker_.is_finite(); }
  // Names of the families that gave values beyond all bounds, where the ranker is not finite.
  std::vector<std::string> unbounded_families() const;
  std::string encode() const { return ranker_.encode(); }
  Status decode(std::string_view bytes) { return ranker_.decode(bytes); }

 private:
  std::span<const float> score(const Context& context, const Candidates& candidates, const RankerInput& input,
                               std::span<const float> clicks);
  float rating_of(const Context& context, ItemIndex item) const;
  Reason reason_of(const float* x, std::span<const float> slope, std::span<const float> mean) const;

  Families families_;
  FeatureLayout layout_;
  HeadOptions heads_;
  Ranker ranker_;
  PerLane<std::vector<float>> scores_;  // scratch
};

}  // namespace millrace
