#include "model/serve/places.h"

#include <algorithm>

namespace millrace {
namespace {

Place within(std::size_t place, std::size_t cutoff) { return place < cutoff ? static_cast<Place>(place) : kMissed; }

}  // namespace

Place place_in(std::span<const ScoredItem> list, ItemIndex item, std::size_t cutoff) {
  const auto found = std::find_if(list.begin(), list.end(), [item](const ScoredItem& s) { return s.item == item; });
  if (found == list.end()) return kMissed;
  const auto worse = std::find_if(found, list.end(), [found](const ScoredItem& s) { return s.score < found->score; });
  return within(static_cast<std::size_t>(worse - list.begin()) - 1, cutoff);
}

Place place_among(std::span<const float> scores, std::size_t at, std::size_t cutoff) {
  if (at >= scores.size()) return kMissed;
  const float score = scores[at];
  // Not "at least as good": what is not a number counts against the item too.
  const auto before = std::count_if(scores.begin(), scores.end(), [score](float other) { return !(other < score); });
  return within(static_cast<std::size_t>(before) - 1, cutoff);
}

}  // namespace millrace
