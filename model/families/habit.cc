#include "model/families/habit.h"

#include <algorithm>

#include "model/families/sparse_scores.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

double taken(const Context& context) {
  double sum = 0.0;
  for (const SeenItem& seen : context.seen) sum += seen.count;
  return sum;
}

double count_of(const Context& context, ItemIndex item) {
  const SeenItem* seen = find_seen(context.seen, item);
  return seen != nullptr ? seen->count : 0.0;
}

}  // namespace

HabitFamily::HabitFamily(const PopularityOptions& options, const ItemTable& items)
    : items_(items), recent_({"habit", Reason::kHabit, options.half_life_hours, false}, items) {}

void HabitFamily::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  const double sum = taken(context) + 1.0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const double share = (count_of(context, items[i]) + recent_.share(items[i])) / sum;
    scores[i] = static_cast<float>(share) + kPopularityFloor;
  }
  nn::logarithm(scores.first(items.size()));
}

std::vector<ScoredItem> HabitFamily::best(const RankRequest& request, std::size_t k) {
  const Context& context = *request.context;
  // Whoever belongs to the best k without being the user's own belongs to the k most popular.
  std::vector<ItemIndex> candidates;
  const auto popular = recent_.rank({&request, 1}, k);
  for (const ScoredItem& scored : popular.front()) candidates.push_back(scored.item);
  for (const SeenItem& seen : context.seen) {
    const bool known = raw(seen.item) < items_.size() && items_.at(seen.item).available;
    if (known && !std::binary_search(request.exclude.begin(), request.exclude.end(), seen.item)) {
      candidates.push_back(seen.item);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  std::vector<float> scores(candidates.size());
  score(context, candidates, scores);
  std::vector<ScoredItem> best(candidates.size());
  for (std::size_t i = 0; i < best.size(); ++i) best[i] = {candidates[i], scores[i]};
  keep_best(best, k);
  return best;
}

std::vector<std::vector<ScoredItem>> HabitFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(requests.size());
  for (const RankRequest& request : requests) lists.push_back(best(request, k));
  return lists;
}

}  // namespace millrace
