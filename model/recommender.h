// Candidates → one score → list: the blend over every family's score, what stands best, and why. The learner asks it
// for every list; its weights are learnt from what was taken.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/example.h"
#include "core/list.h"
#include "core/result.h"
#include "model/blend.h"
#include "model/candidate_lists.h"
#include "model/candidates.h"
#include "model/options.h"

namespace millrace {

class Recommender {
 public:
  // `families` must outlive this.
  Recommender(Families families, const BlendOptions& options);

  // The best `k` candidates, best first, ties by lower index, each with the source that spoke most for it.
  Ranking rank(const Candidates& candidates, std::size_t k) const;
  // Says for each personal recommendation which item of the user's own is behind it.
  void explain(const Context& context, Ranking& ranking) const;
  // `target` was taken among the candidates; nothing is learnt where it was none of them.
  void learn(const Candidates& candidates, ItemIndex target);

  std::string encode() const { return blend_.encode(); }
  Status decode(std::string_view bytes) { return blend_.decode(bytes); }

 private:
  Reason reason_of(std::span<const float> scores, std::span<const float> least) const;

  Families families_;
  Blend blend_;
};

}  // namespace millrace
