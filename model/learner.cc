#include "model/learner.h"

#include <algorithm>
#include <utility>

#include "model/candidate_lists.h"
#include "model/candidates.h"
#include "model/families/registry.h"
#include "model/learner_of_families.h"

namespace millrace {
namespace {

constexpr std::size_t kSideBySide = 16;  // examples from which on threads are worth waking
constexpr std::size_t kBlock = 32;       // predictions made at a time where nothing is asked: two full products

}  // namespace

LearnOutcome LearnerOfFamilies::learn(const LearnInput& input, const ExampleLog& log) {
  train_pending(log, !input.recovering);
  if (!input.ranker_only) apply_changes(input);
  LearnOutcome outcome = predict_and_observe(input);
  outcome.loss_sum = std::exchange(loss_sum_, 0.0);
  outcome.trained_examples = std::exchange(trained_examples_, 0);
  if (options_.learning) outcome.untrained_examples = log_end_ - trainer_.trained_until();
  for (const std::size_t learner : input.credits) lineup_->contest().credit(learner);
  if (options_.learning && !input.recovering) learn_to_rank(outcome);
  if (!input.ranker_only) conclude(input, outcome);
  model_step_ = input.step;
  return outcome;
}

std::vector<Ranking> LearnerOfFamilies::recommend(std::span<const Query> queries, std::size_t k, const Effort& effort) {
  return list_maker_.make(queries, k, effort, model_step_);
}

std::vector<ItemIndex> LearnerOfFamilies::popular(std::size_t k) {
  std::vector<ItemIndex> items;
  for (const auto& family : families_) {
    if (family->reason() != Reason::kPopular) continue;
    const Context nobody;
    const RankRequest request{&nobody, {}};
    const auto ranked = family->rank({&request, 1}, k);
    for (const ScoredItem& scored : ranked.front()) items.push_back(scored.item);
  }
  return items;
}

std::uint64_t LearnerOfFamilies::untrained_from(const ExampleLog& log) const {
  return options_.learning ? trainer_.trained_until() : log.end();
}

std::uint64_t LearnerOfFamilies::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& family : families_) bytes += family->memory_bytes();
  return bytes;
}

std::vector<std::pair<std::string, std::uint64_t>> LearnerOfFamilies::family_rows() const {
  std::vector<std::pair<std::string, std::uint64_t>> rows;
  for (const auto& family : families_) rows.emplace_back(family->name(), family->rows());
  return rows;
}

bool LearnerOfFamilies::learns(const Family& family) const {
  return options_.learning || family.reason() == Reason::kPopular || family.reason() == Reason::kTrending;
}

LearnOutcome LearnerOfFamilies::predict_and_observe(const LearnInput& input) {
  LearnOutcome outcome;
  outcome.answers.resize(input.queries.size());
  outcome.predicted_ratings.resize(input.examples.size());
  const std::vector<Prediction> predictions = plan_predictions(input, options_);
  const std::vector<RankRequest> requests = requests_of(predictions);
  for (const auto& family : families_) family->set_effort(input.effort);
  const std::size_t per_family = input.effort.share(options_.ranker.candidates_per_source);
  if (input.queries.empty() && input.rating_queries.empty()) {
    predict_in_blocks(input, predictions, requests, per_family, outcome);
    return outcome;
  }
  if (!predictions.empty()) refresh_all(families_, workers_);
  CandidateLists lists(families_, requests, per_family);
  std::size_t next = 0;
  std::size_t next_rating = 0;
  for (std::size_t i = 0; i <= input.examples.size(); ++i) {
    for (; next < predictions.size() && predictions[next].before == i; ++next) {
      predict(input, predictions[next], gather(predictions[next], lists, next), outcome);
    }
    for (; next_rating < input.rating_queries.size() && input.rating_queries[next_rating].before == i; ++next_rating) {
      const RatingQuery& query = input.rating_queries[next_rating];
      outcome.asked_ratings.push_back(predict_rating(query.context, query.item));
    }
    if (i == input.examples.size()) break;
    if (input.ranker_only) continue;
    const bool asked = next < predictions.size() || next_rating < input.rating_queries.size();
    const std::size_t until = asked ? i + 1 : input.examples.size();
    observe(input, i, until, outcome);
    i = until - 1;
  }
  return outcome;
}

void LearnerOfFamilies::predict_in_blocks(const LearnInput& input, std::span<const Prediction> predictions,
                                          std::span<const RankRequest> requests, std::size_t per_family,
                                          LearnOutcome& outcome) {
  std::size_t observed = 0;
  const auto observe_until = [&](std::size_t end) {
    if (!input.ranker_only) observe(input, std::exchange(observed, end), end, outcome);
  };
  for (std::size_t begin = 0; begin < predictions.size(); begin += kBlock) {
    observe_until(predictions[begin].before);
    refresh_all(families_, workers_);
    const std::size_t count = std::min(kBlock, predictions.size() - begin);
    std::vector<Gathered> gathered(count);
    const std::vector<TaskRange> tasks = cut_into_tasks(count);
    workers_.run(tasks.size(), [&](std::size_t task) {
      const auto [first, some] = tasks[task];
      CandidateLists lists(families_, requests.subspan(begin + first, some), per_family);
      for (std::size_t i = 0; i < some; ++i) gathered[first + i] = gather(predictions[begin + first + i], lists, i);
    });
    for (std::size_t i = 0; i < count; ++i) predict(input, predictions[begin + i], std::move(gathered[i]), outcome);
  }
  observe_until(input.examples.size());
}

LearnerOfFamilies::Gathered LearnerOfFamilies::gather(const Prediction& prediction, CandidateLists& lists,
                                                      std::size_t at) const {
  Gathered gathered;
  gathered.lists = lists.take(at);
  if (lineup_->has_ranker()) gathered.candidates = recommender_.gather(*prediction.context, gathered.lists);
  return gathered;
}

void LearnerOfFamilies::observe(const LearnInput& input, std::size_t first, std::size_t last, LearnOutcome& outcome) {
  const auto is_rating = [](const Example& example) { return example.signal == Signal::kRating; };
  const auto examples = std::span(input.examples).subspan(first, last - first);
  const auto rated = static_cast<std::size_t>(std::count_if(examples.begin(), examples.end(), is_rating));
  std::vector<std::optional<float>> ratings(rated * families_.size());  // by family
  const auto observe_by = [&](std::size_t f) {
    std::size_t next = f * rated;
    for (const Example& example : examples) {
      if (is_rating(example)) ratings[next++] = families_[f]->predict_rating(example.context, example.item);
      if (learns(*families_[f])) families_[f]->observe(example);
    }
  };
  run_tasks(examples.size() < kSideBySide ? nullptr : &workers_, families_.size(), observe_by);
  for (std::size_t i = first, r = 0; rated > 0 && i < last; ++i) {
    if (!is_rating(input.examples[i])) continue;
    for (std::size_t f = families_.size(); f-- > 0;) {
      const std::optional<float>& rating = ratings[f * rated + r];
      if (!rating) continue;
      outcome.predicted_ratings[i] = rating;
      rating_family_ = f;
    }
    ++r;
  }
}

void LearnerOfFamilies::apply_changes(const LearnInput& input) {
  const std::size_t known = items_->size();
  if (input.item_count > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(input.item_count - 1)});
  for (std::size_t i = known; i < items_->size(); ++i) announce(ItemIndex{static_cast<std::uint32_t>(i)});
  for (const ItemFactsChange& change : input.changes) {
    items_->set(change.item, change.facts);
    changed_items_.push_back(change.item);
    announce(change.item);
  }
}

void LearnerOfFamilies::announce(ItemIndex item) {
  for (const auto& family : families_) family->item_changed(item);
}

void LearnerOfFamilies::predict(const LearnInput& input, const Prediction& prediction, Gathered gathered,
                                LearnOutcome& outcome) {
  const Context& context = *prediction.context;
  std::vector<std::vector<ScoredItem>>& lists = gathered.lists;
  const Candidates& candidates = gathered.candidates;
  RankerInput ranker_input;
  if (lineup_->has_ranker()) {
    if (!prediction.examples.empty()) recommender_.observe(candidates);
    ranker_input = recommender_.prepare(candidates);
  }
  if (!prediction.examples.empty()) try_learners(input, prediction, lists, candidates, ranker_input, outcome.trials);
  if (!prediction.query) return;
  Answer& answer = outcome.answers[*prediction.query];
  const std::size_t length = options_.ranker.candidates_per_source;
  answer.served = lineup_->serve({context.user, input.step, length}, lists,
                                 [&] { return recommender_.rank(context, candidates, ranker_input, length); });
  if (!options_.evaluate_learners) return;
  for (std::size_t f = 0; f < families_.size(); ++f) {
    if (families_[f]->recommends()) answer.learners.push_back(std::move(lists[f]));
  }
}

void LearnerOfFamilies::try_learners(const LearnInput& input, const Prediction& prediction, FamilyLists lists,
                                     const Candidates& candidates, const RankerInput& ranker_input,
                                     std::vector<LearnerTrial>& trials) {
  std::vector<Taken> taken;
  taken.reserve(prediction.examples.size());
  for (const std::size_t example : prediction.examples) {
    taken.push_back({input.examples[example].item, input.examples[example].signal});
  }
  std::span<const float> scores;
  if (lineup_->has_ranker()) scores = recommender_.keep(*prediction.context, candidates, ranker_input, taken);
  for (const std::size_t example : prediction.examples) {
    const ItemIndex item = input.examples[example].item;
    LearnerTrial trial = lineup_->trial(lists, scores, candidates.find(item), item);
    trial.returning = !prediction.context->history.empty();
    trial.cold = example < input.cold.size() && input.cold[example];
    trials.push_back(std::move(trial));
  }
}

std::optional<float> LearnerOfFamilies::predict_rating(const Context& context, ItemIndex item) {
  for (std::size_t f = 0; f < families_.size(); ++f) {
    const auto rating = families_[f]->predict_rating(context, item);
    if (!rating) continue;
    rating_family_ = f;
    return rating;
  }
  return std::nullopt;
}

void LearnerOfFamilies::train_pending(const ExampleLog& log, bool watched) {
  if (!pending_) return;
  const Pending pending = *std::exchange(pending_, std::nullopt);
  const std::vector<TrainReport> reports = trainer_.train(log, log_end_, pending.step, pending.replays, items_->size());
  for (const TrainReport& report : reports) {
    loss_sum_ += report.loss_sum;
    trained_examples_ += report.examples;
  }
  work_ += trainer_.take_trained();
  if (watched) guard_.add_losses(reports);
}

void LearnerOfFamilies::conclude(const LearnInput& input, LearnOutcome& outcome) {
  work_ += input.examples.size() + input.changes.size();
  if (!options_.learning) return;
  if (!input.examples.empty()) log_end_ = input.examples.back().sequence + 1;
  pending_ = {input.step, input.effort.replays};
  if (input.recovering) return;
  add_rating_errors(input, outcome);
  guard_.add_trials(outcome.trials);
  if (!recommender_.is_finite()) {
    guard_.not_finite(kRankerLearner);
    for (const std::string& family : recommender_.unbounded_families()) guard_.not_finite(family);
  }
  outcome.collapsed = guard_.collapsed();
}

void LearnerOfFamilies::learn_to_rank(const LearnOutcome& outcome) {
  recommender_.learn();
  lineup_->contest().learn(outcome.trials);
}

void LearnerOfFamilies::add_rating_errors(const LearnInput& input, const LearnOutcome& outcome) {
  std::vector<TrainReport> reports(families_.size());
  for (std::size_t i = 0; i < input.examples.size(); ++i) {
    if (!outcome.predicted_ratings[i]) continue;
    const double error =
        static_cast<double>(*outcome.predicted_ratings[i]) - static_cast<double>(input.examples[i].value);
    reports[rating_family_].loss_sum += error * error;
    ++reports[rating_family_].examples;
  }
  guard_.add_losses(reports);
}

Result<std::unique_ptr<Learner>> make_learner(const ModelOptions& options) {
  auto items = std::make_unique<ItemTable>();
  std::vector<std::unique_ptr<Family>> families;
  for (const std::string& name : options.families) {
    MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Family> family, make_family(name, options, *items));
    families.push_back(std::move(family));
  }
  MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Lineup> lineup, Lineup::make(options, families));
  return std::unique_ptr<Learner>(
      std::make_unique<LearnerOfFamilies>(options, std::move(items), std::move(families), std::move(lineup)));
}

}  // namespace millrace
