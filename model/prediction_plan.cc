#include "model/prediction_plan.h"

#include <algorithm>

#include "model/families/positive.h"

namespace millrace {
namespace {

std::vector<ItemIndex> seen_items(const Context& context) {
  std::vector<ItemIndex> items;
  items.reserve(context.seen.size());
  for (const SeenItem& seen : context.seen) items.push_back(seen.item);
  return items;
}

// Items of one basket carry one time: lists are asked for before a basket, not between its lines.
bool teaches(const Example& example, const BlendOptions& options) {
  const std::vector<Interaction>& history = example.context.history;
  const bool in_one_basket = !history.empty() && history.back().time == example.time;
  return is_positive(example) && !in_one_basket &&
         !(options.first_touches && has_seen(example.context.seen, example.item));
}

}  // namespace

std::vector<Prediction> plan_predictions(const LearnInput& input, const ModelOptions& options) {
  std::vector<Prediction> predictions;
  if (input.recovering) return predictions;
  const std::size_t examples = options.learning && options.blend.learn ? input.examples.size() : 0;
  const std::size_t wanted = std::min<std::size_t>(input.effort.ranked_examples, examples);
  std::size_t next_query = 0;
  for (std::size_t i = 0; i <= input.examples.size(); ++i) {
    const bool ranked = i < examples && (i * wanted) / examples != ((i + 1) * wanted) / examples &&
                        teaches(input.examples[i], options.blend);
    bool shared = false;
    for (; next_query < input.queries.size() && input.queries[next_query].before == i; ++next_query) {
      const Query& query = input.queries[next_query];
      const bool shares = ranked && !shared && query.context.user == input.examples[i].context.user;
      predictions.push_back(
          {i, &query.context, query.exclude, next_query, shares ? std::optional<std::size_t>(i) : std::nullopt});
      shared = shared || shares;
    }
    if (ranked && !shared) {
      const Context& context = input.examples[i].context;
      predictions.push_back(
          {i, &context, options.blend.first_touches ? seen_items(context) : std::vector<ItemIndex>{}, {}, i});
    }
  }
  return predictions;
}

std::vector<RankRequest> requests_of(const std::vector<Prediction>& predictions) {
  std::vector<RankRequest> requests;
  requests.reserve(predictions.size());
  for (const Prediction& prediction : predictions) requests.push_back({prediction.context, prediction.exclude});
  return requests;
}

}  // namespace millrace
