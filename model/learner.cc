#include "model/learner.h"

#include <algorithm>
#include <utility>

#include "core/bytes.h"
#include "core/workers.h"
#include "model/candidate_lists.h"
#include "model/candidates.h"
#include "model/families/registry.h"
#include "model/list_maker.h"
#include "model/model_rows.h"
#include "model/prediction_plan.h"
#include "model/recommender.h"
#include "model/serve/guard.h"
#include "model/serve/lineup.h"
#include "model/trainer.h"

namespace millrace {
namespace {

constexpr std::string_view kItemRows = "items";
constexpr std::size_t kSideBySide = 16;  // examples from which on threads are worth waking

class LearnerOfFamilies final : public Learner {
 public:
  // `lineup`: of these families.
  LearnerOfFamilies(ModelOptions options, std::unique_ptr<ItemTable> items,
                    std::vector<std::unique_ptr<Family>> families, std::unique_ptr<Lineup> lineup)
      : options_(std::move(options)),
        items_(std::move(items)),
        families_(std::move(families)),
        lineup_(std::move(lineup)),
        recommender_(families_, options_),
        workers_(thread_count(options_.threads)),
        trainer_(families_, options_, workers_),
        list_maker_(families_, recommender_, *lineup_, options_, workers_),
        guard_(options_.rollback, families_, lineup_->contest(), lineup_->has_ranker() ? recommender_.encode() : "") {
    for (const auto& family : families_) {
      if (family->recommends()) names_.emplace_back(family->name());
    }
  }

  const std::vector<std::string>& learner_names() const override { return names_; }

  LearnOutcome learn(const LearnInput& input, const ExampleLog& log) override {
    train_pending(log, !input.recovering);
    if (!input.ranker_only) apply_changes(input);
    LearnOutcome outcome = predict_and_observe(input);
    outcome.loss_sum = std::exchange(loss_sum_, 0.0);
    outcome.trained_examples = std::exchange(trained_examples_, 0);
    for (const std::size_t learner : input.credits) lineup_->contest().credit(learner);
    if (options_.learning && !input.recovering) learn_to_rank(outcome);
    if (!input.ranker_only) conclude(input, outcome);
    model_step_ = input.step;
    return outcome;
  }

  void train(const ExampleLog& log) override { train_pending(log, true); }

  std::vector<Ranking> recommend(std::span<const Query> queries, std::size_t k, const Effort& effort) override {
    return list_maker_.make(queries, k, effort, model_step_);
  }

  std::vector<ItemIndex> popular(std::size_t k) override {
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

  const Contest& contest() const override { return lineup_->contest(); }
  bool names_learners() const override { return lineup_->policy().names_learners(); }
  std::vector<std::pair<std::string, std::uint64_t>> rollbacks() const override { return guard_.rollbacks(); }

  std::uint64_t model_step() const override { return model_step_; }
  std::uint64_t untrained_from(const ExampleLog& log) const override {
    return options_.learning ? trainer_.trained_until() : log.end();
  }
  std::uint64_t work_since_checkpoint() const override { return work_; }

  void checkpoint(CheckpointRows& rows) override {
    rows.begin(families_.size() + 1);
    workers_.run(families_.size(),
                 [&](std::size_t f) { families_[f]->save(rows.sink(f, families_[f]->name()), false); });
    const std::size_t own = families_.size();
    std::sort(changed_items_.begin(), changed_items_.end());
    changed_items_.erase(std::unique(changed_items_.begin(), changed_items_.end()), changed_items_.end());
    const RowSink items = rows.sink(own, kItemRows);
    for (const ItemIndex item : changed_items_) items("", key_u32(raw(item)), encode_item_facts(items_->at(item)));
    changed_items_.clear();
    work_ = 0;
    LearnerState state{model_step_, trainer_.trained_until(), items_->size(), std::nullopt};
    if (pending_) state.pending = LearnerState::Pending{log_end_, pending_->replays};
    rows.sink(own, kLearnerRows)("", std::string(kStateRow), encode_learner_state(state));
    rows.finish();
  }

  Status keep_good(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch) override {
    return guard_.keep(store, rows, batch);
  }

  void mark_checkpoint(std::uint64_t step, WriteBatch& batch) override {
    guard_.mark(step, lineup_->has_ranker() ? recommender_.encode() : "", batch);
  }

  void save_step(WriteBatch& batch) override {
    const RowSink sink = row_sink(batch, kLearnerRows);
    if (lineup_->has_ranker()) sink("", "ranker", recommender_.encode());
    sink("", "contest", lineup_->contest().encode());
    std::string watch = guard_.encode();
    if (!watch.empty()) sink("", "watch", std::move(watch));
  }

  Status roll_back(std::span<const std::string> names, const Store& store, WriteBatch& batch) override {
    for (const std::string& name : names) {
      if (name == kRankerLearner) {
        MILLRACE_RETURN_IF_ERROR(recommender_.decode(guard_.roll_back_ranker(batch)));
        continue;
      }
      MILLRACE_RETURN_IF_ERROR(
          renew(name, [&](const RowVisitor& load) { return guard_.roll_back(store, name, load, batch); }));
    }
    return Ok{};
  }

  Status reload(std::span<const std::string> names, const Store& store) override {
    for (const std::string& name : names) {
      if (name == kRankerLearner) continue;  // restored as of the newest step
      MILLRACE_RETURN_IF_ERROR(renew(name, [&](const RowVisitor& load) { return for_each_row(store, name, load); }));
    }
    return Ok{};
  }

  Status restore(const Store& store) override {
    MILLRACE_RETURN_IF_ERROR(restore_own_rows(store));
    MILLRACE_RETURN_IF_ERROR(guard_.load(store, model_step_));
    MILLRACE_RETURN_IF_ERROR(for_each_row(store, kItemRows, [this](auto, std::string_view key, std::string_view value) {
      return restore_item(key, value);
    }));
    std::vector<Status> restored(families_.size(), Ok{});
    workers_.run(families_.size(), [&](std::size_t f) { restored[f] = restore_family(store, *families_[f]); });
    for (Status& status : restored) MILLRACE_RETURN_IF_ERROR(std::move(status));
    return Ok{};
  }

  std::uint64_t memory_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& family : families_) bytes += family->memory_bytes();
    return bytes;
  }

  std::vector<std::pair<std::string, std::uint64_t>> family_rows() const override {
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    for (const auto& family : families_) rows.emplace_back(family->name(), family->rows());
    return rows;
  }

 private:
  // With learning off only popularity moves: the floor that everything else is measured against.
  bool learns(const Family& family) const {
    return options_.learning || family.reason() == Reason::kPopular || family.reason() == Reason::kTrending;
  }

  // Event by event: what is asked before it, then what it teaches at once.
  LearnOutcome predict_and_observe(const LearnInput& input) {
    LearnOutcome outcome;
    outcome.answers.resize(input.queries.size());
    outcome.predicted_ratings.resize(input.examples.size());
    const std::vector<Prediction> predictions = plan_predictions(input, options_);
    const std::vector<RankRequest> requests = requests_of(predictions);
    for (const auto& family : families_) family->set_effort(input.effort);
    if (!predictions.empty()) refresh_all(families_, workers_);
    CandidateLists lists(families_, requests, input.effort.share(options_.ranker.candidates_per_source));
    std::size_t next = 0;
    std::size_t next_rating = 0;
    for (std::size_t i = 0; i <= input.examples.size(); ++i) {
      for (; next < predictions.size() && predictions[next].before == i; ++next) {
        predict(input, predictions[next], lists.take(next), outcome);
      }
      for (; next_rating < input.rating_queries.size() && input.rating_queries[next_rating].before == i;
           ++next_rating) {
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

  // The examples first … last - 1, between which nothing is asked: no family needs another one's answer, so that they
  // may learn side by side.
  void observe(const LearnInput& input, std::size_t first, std::size_t last, LearnOutcome& outcome) {
    std::vector<std::vector<std::optional<float>>> ratings(families_.size());
    const auto observe_by = [&](std::size_t f) {
      for (std::size_t i = first; i < last; ++i) {
        const Example& example = input.examples[i];
        if (example.signal == Signal::kRating) {
          ratings[f].push_back(families_[f]->predict_rating(example.context, example.item));
        }
        if (learns(*families_[f])) families_[f]->observe(example);
      }
    };
    run_tasks(last - first < kSideBySide ? nullptr : &workers_, families_.size(), observe_by);
    std::size_t rated = 0;
    for (std::size_t i = first; i < last; ++i) {
      if (input.examples[i].signal != Signal::kRating) continue;
      for (std::size_t f = families_.size(); f-- > 0;) {
        if (!ratings[f][rated]) continue;
        outcome.predicted_ratings[i] = ratings[f][rated];
        rating_family_ = f;
      }
      ++rated;
    }
  }

  void apply_changes(const LearnInput& input) {
    const std::size_t known = items_->size();
    if (input.item_count > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(input.item_count - 1)});
    for (std::size_t i = known; i < items_->size(); ++i) announce(ItemIndex{static_cast<std::uint32_t>(i)});
    for (const ItemFactsChange& change : input.changes) {
      items_->set(change.item, change.facts);
      changed_items_.push_back(change.item);
      announce(change.item);
    }
  }

  void announce(ItemIndex item) {
    for (const auto& family : families_) family->item_changed(item);
  }

  void predict(const LearnInput& input, const Prediction& prediction, std::vector<std::vector<ScoredItem>> lists,
               LearnOutcome& outcome) {
    const Context& context = *prediction.context;
    Candidates candidates;
    RankerInput ranker_input;
    if (lineup_->has_ranker()) {
      candidates = recommender_.gather(context, lists);
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

  // A trial of all learners for each item that was taken; the ranker keeps the prediction to learn from it.
  void try_learners(const LearnInput& input, const Prediction& prediction, FamilyLists lists,
                    const Candidates& candidates, const RankerInput& ranker_input, std::vector<LearnerTrial>& trials) {
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

  std::optional<float> predict_rating(const Context& context, ItemIndex item) {
    for (std::size_t f = 0; f < families_.size(); ++f) {
      const auto rating = families_[f]->predict_rating(context, item);
      if (!rating) continue;
      rating_family_ = f;
      return rating;
    }
    return std::nullopt;
  }

  // `watched`: not while recovering, when the watch has seen it already.
  void train_pending(const ExampleLog& log, bool watched) {
    if (!pending_) return;
    const Pending pending = *std::exchange(pending_, std::nullopt);
    const std::vector<TrainReport> reports =
        trainer_.train(log, log_end_, pending.step, pending.replays, items_->size());
    for (const TrainReport& report : reports) {
      loss_sum_ += report.loss_sum;
      trained_examples_ += report.examples;
    }
    work_ += trainer_.take_trained();
    if (watched) guard_.add_losses(reports);
  }

  // After everything was observed: what is left to train on, and who has collapsed.
  void conclude(const LearnInput& input, LearnOutcome& outcome) {
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

  void learn_to_rank(const LearnOutcome& outcome) {
    recommender_.learn();
    lineup_->contest().learn(outcome.trials);
  }

  // Squared errors of the predicted ratings stand for the loss of the family that predicted them.
  void add_rating_errors(const LearnInput& input, const LearnOutcome& outcome) {
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

  // An untaught family in place of this one, with the rows that `load_rows` hands over.
  template <class LoadRows>
  Status renew(const std::string& name, const LoadRows& load_rows) {
    const auto at = std::find_if(families_.begin(), families_.end(), [&](const auto& f) { return f->name() == name; });
    if (at == families_.end()) return Ok{};  // the configuration has changed since
    MILLRACE_ASSIGN_OR_RETURN(*at,
                              make_family(name, options_, *items_));  // the old one's memory is free before loading
    MILLRACE_RETURN_IF_ERROR(
        load_rows([&](auto table, auto key, auto value) { return (*at)->load(table, key, value); }));
    return (*at)->loaded();
  }

  Status restore_own_rows(const Store& store) {
    return for_each_row(store, kLearnerRows, [this](auto, std::string_view key, std::string_view value) -> Status {
      if (key == "ranker") return recommender_.decode(value);
      if (key == "contest") return lineup_->contest().decode(value);
      if (key == "watch") return guard_.decode(value);
      if (key.starts_with("ranker.")) return guard_.decode_ranker(key, value), Ok{};
      if (key == "blend") return Ok{};  // of a version that weighed sources, not candidates
      MILLRACE_ASSIGN_OR_RETURN(const LearnerState state, decode_learner_state(value));
      model_step_ = state.step;
      log_end_ = state.trained_until;
      if (state.pending) {
        log_end_ = state.pending->log_end;
        pending_ = {state.step, state.pending->replays};
      }
      trainer_.restore(state.trained_until);
      if (state.items > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(state.items - 1)});
      return Ok{};
    });
  }

  static Status restore_family(const Store& store, Family& family) {
    MILLRACE_RETURN_IF_ERROR(for_each_row(
        store, family.name(), [&](auto table, auto key, auto value) { return family.load(table, key, value); }));
    return family.loaded();
  }

  Status restore_item(std::string_view key, std::string_view value) {
    MILLRACE_ASSIGN_OR_RETURN(ItemFacts facts, decode_item_facts(value));
    if (key.size() != sizeof(ItemIndex) || read_key(key, 0, sizeof(ItemIndex)) >= items_->size()) {
      return stop_error(ErrorCode::kCorruption,
                        "restoring the learner: a row of 'items' is of no known item; restore a backup");
    }
    items_->set(ItemIndex{static_cast<std::uint32_t>(read_key(key, 0, 4))}, std::move(facts));
    return Ok{};
  }

  struct Pending {
    std::uint64_t step = 0;
    std::uint32_t replays = 0;
  };

  ModelOptions options_;
  std::unique_ptr<ItemTable> items_;
  std::vector<std::unique_ptr<Family>> families_;
  std::vector<std::string> names_;
  std::unique_ptr<Lineup> lineup_;
  Recommender recommender_;
  Workers workers_;
  Trainer trainer_;
  ListMaker list_maker_;
  Guard guard_;
  std::vector<ItemIndex> changed_items_;
  std::uint64_t model_step_ = 0;
  std::uint64_t log_end_ = 0;       // examples in the log
  std::optional<Pending> pending_;  // training
  double loss_sum_ = 0.0;           // of training since the last learn()
  std::uint64_t trained_examples_ = 0;
  std::uint64_t work_ = 0;         // see work_since_checkpoint()
  std::size_t rating_family_ = 0;  // that predicted the newest rating
};

}  // namespace

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
