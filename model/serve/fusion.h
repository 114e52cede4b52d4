// Several learners' lists → one, by the gain that their mixture expects of an item. One call a list.
#pragma once

#include <cstddef>
#include <span>

#include "core/list.h"

namespace millrace {

// The best `k` by Σ weight · 1/log2(place + 1), places from 1, ties by lower item; each item is told by the learner
// that speaks most for it, of equals the first. `lists`: by learner, best first, without repeats.
Ranking fuse(std::span<const Ranking> lists, std::span<const double> weights, std::size_t k);

}  // namespace millrace
