// One trial of the learners: where each of them had what was then taken. Between the learner, which ranks, and all that
// judges (contest.h, watch.h, the metrics).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace millrace {

// Place in a list, from 0; kMissed: not among the items that count.
using Place = std::uint32_t;
inline constexpr Place kMissed = std::numeric_limits<Place>::max();

struct LearnerTrial {
  bool returning = false;     // the user had a history
  bool cold = false;          // the item had hardly been met
  std::vector<Place> places;  // by learner
};

// NDCG with one relevant item.
inline double gain_of(Place place) {
  return place == kMissed ? 0.0 : 1.0 / std::log2(static_cast<double>(place) + 2.0);
}

}  // namespace millrace
