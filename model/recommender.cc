#include "model/recommender.h"

#include <algorithm>
#include <vector>

namespace millrace {
namespace {

// Encoder and memory at par, a little of every cheap source; factors' log-odds have to earn their place.
float initial_weight(const Family& family) {
  switch (family.reason()) {
    case Reason::kEncoder:
      return family.name() == "encoder" ? 1.0F : 0.0F;
    case Reason::kMemory:
      return 1.0F;
    case Reason::kRelated:
    case Reason::kTrending:
    case Reason::kHabit:
      return 0.1F;
    case Reason::kPopular:
      break;
  }
  return 0.0F;
}

std::vector<float> initial_weights(Families families) {
  std::vector<float> weights;
  for (const auto& family : families) weights.push_back(initial_weight(*family));
  return weights;
}

// Of each family, the least score of a candidate, 0 at most.
std::vector<float> least_scores(const Candidates& candidates) {
  std::vector<float> least(candidates.families, 0.0F);
  for (std::size_t i = 0; i < candidates.scores.size(); ++i) {
    float& score = least[i % candidates.families];
    score = std::min(score, candidates.scores[i]);
  }
  return least;
}

}  // namespace

Recommender::Recommender(Families families, const BlendOptions& options)
    : families_(families), blend_(initial_weights(families), options.rate, options.minibatch) {}

Ranking Recommender::rank(const Candidates& candidates, std::size_t k) const {
  const std::size_t count = candidates.items.size();
  Ranking ranking(count);
  for (std::size_t i = 0; i < count; ++i) {
    ranking[i].item = candidates.items[i];
    ranking[i].score = blend_.score(candidates.row(i));
  }
  const auto better = [](const RankedItem& a, const RankedItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  const auto end = ranking.begin() + static_cast<std::ptrdiff_t>(std::min(k, count));
  std::partial_sort(ranking.begin(), end, ranking.end(), better);
  ranking.erase(end, ranking.end());
  const std::vector<float> least = least_scores(candidates);
  for (RankedItem& ranked : ranking) ranked.reason = reason_of(candidates.row(candidates.find(ranked.item)), least);
  return ranking;
}

// The family that lifts the item most above its own least candidate.
Reason Recommender::reason_of(std::span<const float> scores, std::span<const float> least) const {
  std::size_t best = 0;
  float most = 0.0F;
  for (std::size_t f = 0; f < families_.size(); ++f) {
    const float lift = blend_.weights()[f] * (scores[f] - least[f]);
    if (lift > most) {
      most = lift;
      best = f;
    }
  }
  return most > 0.0F ? families_[best]->reason() : Reason::kPopular;
}

void Recommender::explain(const Context& context, Ranking& ranking) const {
  std::vector<ItemIndex> items;
  items.reserve(ranking.size());
  for (const RankedItem& ranked : ranking) items.push_back(ranked.item);
  std::vector<ItemIndex> because(items.size(), kUnknownItem);
  for (const auto& family : families_) family->explain(context, items, because);
  for (std::size_t i = 0; i < ranking.size(); ++i) {
    const Reason reason = ranking[i].reason;
    const bool personal = reason == Reason::kEncoder || reason == Reason::kMemory || reason == Reason::kRelated;
    if (personal && because[i] != items[i]) ranking[i].because = because[i];
  }
}

void Recommender::learn(const Candidates& candidates, ItemIndex target) {
  const std::size_t at = candidates.find(target);
  if (at < candidates.items.size()) blend_.learn(candidates, at);
}

}  // namespace millrace
