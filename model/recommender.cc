#include "model/recommender.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/descending.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

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

// Of the standardised columns: each family's score speaks, whatever else it says has to be learnt.
std::vector<float> initial_weights(Families families, const FeatureLayout& layout) {
  std::vector<float> weights(layout.columns.size(), 0.0F);
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (layout.begins[f] < layout.begins[f + 1]) weights[layout.begins[f]] = initial_weight(*families[f]);
  }
  return weights;
}

std::vector<float> mean_of(const RankerInput& input, std::size_t columns) {
  std::vector<float> mean(columns, 0.0F);
  for (std::size_t i = 0; i < input.items; ++i) {
    nn::add_scaled(mean.data(), 1.0F / static_cast<float>(input.items), input.x.data() + i * columns, columns);
  }
  return mean;
}

}  // namespace

Recommender::Recommender(Families families, const ModelOptions& options)
    : families_(families),
      layout_(layout_of(families)),
      heads_(options.ranker.heads),
      ranker_(layout_, initial_weights(families, layout_), options.ranker, options.seed) {}

// The heads together. `clicks`: the ranker's scores, the logits of what is touched.
std::span<const float> Recommender::score(const Context& context, const Candidates& candidates,
                                          const RankerInput& input, std::span<const float> clicks) {
  if (heads_.click == 1.0F && heads_.purchase == 0.0F && heads_.rating == 0.0F) return clicks;
  std::vector<float>& scores = scores_.mine();
  scores.assign(clicks.begin(), clicks.end());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] *= heads_.click;
    if (heads_.purchase != 0.0F) scores[i] += heads_.purchase * ranker_.log_purchase(input, i);
    if (heads_.rating != 0.0F) scores[i] += heads_.rating * rating_of(context, candidates.items[i]);
  }
  return scores;
}

float Recommender::rating_of(const Context& context, ItemIndex item) const {
  for (const auto& family : families_) {
    if (const auto rating = family->predict_rating(context, item)) return *rating;
  }
  return 0.0F;
}

Ranking Recommender::rank(const Context& context, const Candidates& candidates, const RankerInput& input,
                          std::size_t k) {
  const std::span<const float> scores = score(context, candidates, input, ranker_.score(input));
  std::vector<std::uint32_t> order = descending(scores);
  order.resize(std::min(k, order.size()));
  const std::vector<float> mean = mean_of(input, nn::padded(layout_.columns.size(), nn::kLanes));
  Ranking ranking;
  ranking.reserve(order.size());
  std::vector<float> slope(mean.size());
  for (const std::size_t at : order) {
    RankedItem ranked;
    ranked.item = candidates.items[at];
    ranked.score = scores[at];
    ranker_.slope(at, slope);
    ranked.reason = reason_of(input.x.data() + at * slope.size(), slope, mean);
    ranking.push_back(ranked);
  }
  return ranking;
}

// The family whose columns lift the item most above the mean of the candidates.
Reason Recommender::reason_of(const float* x, std::span<const float> slope, std::span<const float> mean) const {
  std::size_t best = 0;
  float most = 0.0F;
  for (std::size_t f = 0; f < families_.size(); ++f) {
    float lift = 0.0F;
    for (std::size_t c = layout_.begins[f]; c < layout_.begins[f + 1]; ++c) lift += slope[c] * (x[c] - mean[c]);
    if (lift > most) {
      most = lift;
      best = f;
    }
  }
  return most > 0.0F ? families_[best]->reason() : Reason::kPopular;
}

std::vector<std::string> Recommender::unbounded_families() const {
  std::vector<std::string> names;
  const auto look = [&names](const std::vector<std::string>& columns, const Standardiser& standardiser) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!standardiser.is_finite(c)) names.push_back(columns[c].substr(0, columns[c].find('.')));
    }
  };
  look(layout_.columns, ranker_.features());
  look(layout_.event_columns, ranker_.event());
  return names;
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

std::span<const float> Recommender::keep(const Context& context, const Candidates& candidates, const RankerInput& input,
                                         std::span<const Taken> taken) {
  std::vector<std::size_t> positions;
  for (const Taken& target : taken) {
    const std::size_t at = candidates.find(target.item);
    if (at == candidates.items.size()) continue;
    positions.push_back(at);
    if (target.signal != Signal::kRating) ranker_.keep_outcome(input, at, target.signal == Signal::kPurchase);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  if (positions.empty()) return {};
  return score(context, candidates, input, ranker_.keep(input, positions));
}

}  // namespace millrace
