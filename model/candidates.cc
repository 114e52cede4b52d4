#include "model/candidates.h"

#include <algorithm>

namespace millrace {
namespace {

// Log-probabilities below this say the same: not this one.
constexpr float kScoreFloor = -20.0F;

}  // namespace

std::size_t Candidates::find(ItemIndex item) const {
  const auto at = std::lower_bound(items.begin(), items.end(), item);
  return at != items.end() && *at == item ? static_cast<std::size_t>(at - items.begin()) : items.size();
}

Candidates gather_candidates(std::span<const std::unique_ptr<Family>> families, const Context& context,
                             std::span<const std::vector<ScoredItem>> lists) {
  Candidates candidates;
  candidates.families = families.size();
  for (const auto& list : lists) {
    for (const ScoredItem& scored : list) candidates.items.push_back(scored.item);
  }
  std::sort(candidates.items.begin(), candidates.items.end());
  candidates.items.erase(std::unique(candidates.items.begin(), candidates.items.end()), candidates.items.end());

  const std::size_t count = candidates.items.size();
  candidates.scores.resize(count * families.size());
  std::vector<float> column(count);
  for (std::size_t f = 0; f < families.size(); ++f) {
    families[f]->score(context, candidates.items, column);
    for (std::size_t i = 0; i < count; ++i) {
      candidates.scores[i * families.size() + f] = std::max(column[i], kScoreFloor);
    }
  }
  return candidates;
}

}  // namespace millrace
