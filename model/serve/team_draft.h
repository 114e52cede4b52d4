// Team draft (Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval quality?", CIKM 2008) for
// any number of learners: in each round every learner, in random order, puts its best item that is not in the list yet.
// Who put the item that is then taken is credited. One call a list.
#pragma once

#include <cstddef>
#include <span>

#include "core/list.h"
#include "core/random.h"

namespace millrace {

// At most `k` items. Propensity: the share of the learners still to pick in the round that would have put the item
// there, so the probability of its place given those above. Scores fall with the place: those of different learners
// cannot be compared. `lists`: by learner, best first, without repeats.
Ranking team_draft(std::span<const Ranking> lists, Random random, std::size_t k);

}  // namespace millrace
