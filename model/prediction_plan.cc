#include "model/prediction_plan.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "model/families/positive.h"

namespace millrace {
namespace {

std::vector<ItemIndex> seen_items(const Context& context) {
  std::vector<ItemIndex> items;
  items.reserve(context.seen.size());
  for (const SeenItem& seen : context.seen) items.push_back(seen.item);
  return items;
}

bool in_one_basket(const Example& example) {
  const std::vector<Interaction>& history = example.context.history;
  return !history.empty() && history.back().time == example.time;
}

bool teaches(const Example& example, const RankerOptions& options) {
  return is_positive(example) && !(options.first_touches && has_seen(example.context.seen, example.item));
}

// Builds the plan in the order of the examples.
class Planner {
 public:
  Planner(const LearnInput& input, const ModelOptions& options) : input_(input), options_(options.ranker) {
    const bool learns = options.learning && options.ranker.learn;
    examples_ = learns ? input.examples.size() : 0;
    wanted_ = std::min<std::size_t>(input.effort.ranked_examples, examples_);
  }

  std::vector<Prediction> plan() {
    for (std::size_t i = 0; i <= input_.examples.size(); ++i) {
      const bool asked = plan_queries(i);
      if (i < examples_ && teaches(input_.examples[i], options_)) plan_example(i, asked);
    }
    return std::move(predictions_);
  }

 private:
  // The first of the step, so that the others can be observed without a break.
  bool is_wanted(std::size_t i) const { return i < wanted_; }

  // Whether one of the queries is of the example's user: their prediction is shared.
  bool plan_queries(std::size_t i) {
    bool shared = false;
    for (; next_query_ < input_.queries.size() && input_.queries[next_query_].before == i; ++next_query_) {
      const Query& query = input_.queries[next_query_];
      predictions_.push_back({i, &query.context, query.exclude, next_query_, {}});
      if (shared || i >= examples_ || query.context.user != input_.examples[i].context.user) continue;
      shared = true;
      newest_[query.context.user] = predictions_.size() - 1;
    }
    return shared;
  }

  // Lists are asked for before a basket, not between its lines: what is not asked for tells of the basket's prediction.
  void plan_example(std::size_t i, bool asked) {
    const Example& example = input_.examples[i];
    const auto newest = newest_.find(example.context.user);
    if (asked) {
      if (is_wanted(i)) predictions_[newest->second].examples.push_back(i);
      return;
    }
    if (in_one_basket(example)) {
      const bool begun = newest != newest_.end() && !predictions_[newest->second].examples.empty();
      if (begun) predictions_[newest->second].examples.push_back(i);
      return;
    }
    if (!is_wanted(i)) {
      newest_.erase(example.context.user);
      return;
    }
    const Context& context = example.context;
    predictions_.push_back(
        {i, &context, options_.first_touches ? seen_items(context) : std::vector<ItemIndex>{}, {}, {i}});
    newest_[context.user] = predictions_.size() - 1;
  }

  const LearnInput& input_;
  const RankerOptions& options_;
  std::size_t examples_ = 0;
  std::size_t wanted_ = 0;
  std::size_t next_query_ = 0;
  std::vector<Prediction> predictions_;
  absl::flat_hash_map<UserIndex, std::size_t> newest_;  // each user's newest prediction; looked up only
};

}  // namespace

std::vector<Prediction> plan_predictions(const LearnInput& input, const ModelOptions& options) {
  if (input.recovering) return {};
  return Planner(input, options).plan();
}

std::vector<RankRequest> requests_of(const std::vector<Prediction>& predictions) {
  std::vector<RankRequest> requests;
  requests.reserve(predictions.size());
  for (const Prediction& prediction : predictions) requests.push_back({prediction.context, prediction.exclude});
  return requests;
}

}  // namespace millrace
