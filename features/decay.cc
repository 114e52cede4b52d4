#include "features/decay.h"

#include <algorithm>
#include <cmath>

namespace millrace {

double decay_growth(Millis time, Millis reference, Millis half_life) {
  const double age = static_cast<double>(time.count) - static_cast<double>(reference.count);
  return std::exp2(age / static_cast<double>(half_life.count));
}

void add_bounded(std::vector<WeightedKey>& set, std::uint32_t key, double amount, std::size_t limit) {
  auto place = std::lower_bound(set.begin(), set.end(), key,
                                [](const WeightedKey& entry, std::uint32_t wanted) { return entry.key < wanted; });
  if (place != set.end() && place->key == key) {
    place->weight = std::max(0.0F, static_cast<float>(static_cast<double>(place->weight) + amount));
    return;
  }
  if (amount <= 0.0) return;
  const WeightedKey entry{key, static_cast<float>(amount)};
  if (set.size() < limit) {
    set.insert(place, entry);
    return;
  }
  const auto lightest =
      std::min_element(set.begin(), set.end(), [](const auto& a, const auto& b) { return a.weight < b.weight; });
  // Shift what lies between the one that leaves and the new one's place.
  if (lightest < place) {
    std::move(lightest + 1, place, lightest);
    *(place - 1) = entry;
  } else {
    std::move_backward(place, lightest, lightest + 1);
    *place = entry;
  }
}

void scale_weights(std::vector<WeightedKey>& set, double factor) {
  for (WeightedKey& entry : set) entry.weight = static_cast<float>(static_cast<double>(entry.weight) * factor);
}

}  // namespace millrace
