// The place of an item in what a learner ranked, ties against it. Between the learner and its trials.
#pragma once

#include <cstddef>
#include <span>

#include "model/families/family.h"
#include "model/serve/trial.h"

namespace millrace {

// `list`: best first. Places from `cutoff` on are missed.
Place place_in(std::span<const ScoredItem> list, ItemIndex item, std::size_t cutoff);
// Of the item at position `at` among items with these scores, in no order; `at` == scores.size(): none of them.
Place place_among(std::span<const float> scores, std::size_t at, std::size_t cutoff);

}  // namespace millrace
