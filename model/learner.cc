#include "model/learner.h"

#include <utility>

#include "core/bytes.h"
#include "model/candidate_lists.h"
#include "model/candidates.h"
#include "model/families/registry.h"
#include "model/model_rows.h"
#include "model/prediction_plan.h"
#include "model/recommender.h"
#include "model/trainer.h"

namespace millrace {
namespace {

constexpr std::string_view kLearnerRows = "learner";
constexpr std::string_view kItemRows = "items";

class LearnerOfFamilies final : public Learner {
 public:
  LearnerOfFamilies(ModelOptions options, std::unique_ptr<ItemTable> items,
                    std::vector<std::unique_ptr<Family>> families)
      : options_(std::move(options)),
        items_(std::move(items)),
        families_(std::move(families)),
        recommender_(families_, options_),
        trainer_(families_, options_) {
    for (const auto& family : families_) {
      if (family->recommends()) names_.emplace_back(family->name());
    }
  }

  const std::vector<std::string>& learner_names() const override { return names_; }

  LearnOutcome learn(const LearnInput& input, const ExampleLog& log) override {
    if (!input.ranker_only) apply_changes(input);
    LearnOutcome outcome = predict_and_observe(input);
    if (options_.learning && !input.ranker_only) train(input, log, outcome);
    if (options_.learning && !input.recovering) recommender_.learn();
    model_step_ = input.step;
    return outcome;
  }

  std::vector<Ranking> recommend(std::span<const Query> queries, std::size_t k, const Effort& effort) override {
    std::vector<RankRequest> requests;
    requests.reserve(queries.size());
    for (const Query& query : queries) requests.push_back({&query.context, query.exclude});
    for (const auto& family : families_) family->set_effort(effort);
    CandidateLists lists(families_, requests, effort.share(options_.ranker.candidates_per_source), k);
    std::vector<Ranking> rankings;
    rankings.reserve(queries.size());
    for (std::size_t q = 0; q < queries.size(); ++q) {
      const Candidates candidates = recommender_.gather(queries[q].context, lists.take(q));
      rankings.push_back(recommender_.rank(candidates, recommender_.prepare(candidates), k));
      recommender_.explain(queries[q].context, rankings.back());
    }
    return rankings;
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

  std::uint64_t model_step() const override { return model_step_; }

  void checkpoint(WriteBatch& batch) override {
    for (const auto& family : families_) family->save(row_sink(batch, family->name()), false);
    const RowSink items = row_sink(batch, kItemRows);
    for (const ItemIndex item : changed_items_) items("", key_u32(raw(item)), encode_item_facts(items_->at(item)));
    changed_items_.clear();
    ByteWriter out;
    out.u8(1);
    out.varint(model_step_);
    out.varint(trainer_.trained_until());
    out.varint(items_->size());
    row_sink(batch, kLearnerRows)("", "state", out.take());
  }

  void save_ranker(WriteBatch& batch) override { row_sink(batch, kLearnerRows)("", "ranker", recommender_.encode()); }

  Status restore(const Store& store) override {
    MILLRACE_RETURN_IF_ERROR(restore_own_rows(store));
    MILLRACE_RETURN_IF_ERROR(for_each_row(store, kItemRows, [this](auto, std::string_view key, std::string_view value) {
      return restore_item(key, value);
    }));
    for (const auto& family : families_) {
      MILLRACE_RETURN_IF_ERROR(for_each_row(
          store, family->name(), [&](auto table, auto key, auto value) { return family->load(table, key, value); }));
      MILLRACE_RETURN_IF_ERROR(family->loaded());
    }
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
      const Example& example = input.examples[i];
      if (example.signal == Signal::kRating) {
        outcome.predicted_ratings[i] = predict_rating(example.context, example.item);
      }
      for (const auto& family : families_) {
        if (learns(*family)) family->observe(example);
      }
    }
    return outcome;
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
    const Candidates candidates = recommender_.gather(*prediction.context, lists);
    std::vector<ItemIndex> targets;
    for (const std::size_t example : prediction.examples) targets.push_back(input.examples[example].item);
    if (!targets.empty()) recommender_.observe(candidates);
    const RankerInput ranker_input = recommender_.prepare(candidates);
    if (!targets.empty()) recommender_.keep(candidates, ranker_input, targets);
    if (!prediction.query) return;
    Answer& answer = outcome.answers[*prediction.query];
    answer.served = recommender_.rank(candidates, ranker_input, options_.ranker.candidates_per_source);
    if (!options_.evaluate_learners) return;
    for (std::size_t f = 0; f < families_.size(); ++f) {
      if (families_[f]->recommends()) answer.learners.push_back(std::move(lists[f]));
    }
  }

  std::optional<float> predict_rating(const Context& context, ItemIndex item) {
    for (const auto& family : families_) {
      if (const auto rating = family->predict_rating(context, item)) return rating;
    }
    return std::nullopt;
  }

  void train(const LearnInput& input, const ExampleLog& log, LearnOutcome& outcome) {
    if (!input.examples.empty()) log_end_ = input.examples.back().sequence + 1;
    const TrainReport report = trainer_.train(log, log_end_, input.step, input.effort.replays, items_->size());
    outcome.loss_sum = report.loss_sum;
    outcome.trained_examples = report.examples;
  }

  Status restore_own_rows(const Store& store) {
    return for_each_row(store, kLearnerRows, [this](auto, std::string_view key, std::string_view value) -> Status {
      if (key == "ranker") return recommender_.decode(value);
      if (key == "blend") return Ok{};  // of a version that weighed sources, not candidates
      ByteReader in(value);
      const std::uint8_t format = in.u8();
      model_step_ = in.varint();
      log_end_ = in.varint();
      const std::uint64_t items = in.varint();
      if (format != 1 || !in.done()) {
        return stop_error(ErrorCode::kCorruption,
                          "restoring the learner: its state row is unreadable; restore a backup");
      }
      trainer_.restore(log_end_);
      if (items > 0) items_->ensure(ItemIndex{static_cast<std::uint32_t>(items - 1)});
      return Ok{};
    });
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

  ModelOptions options_;
  std::unique_ptr<ItemTable> items_;
  std::vector<std::unique_ptr<Family>> families_;
  std::vector<std::string> names_;
  Recommender recommender_;
  Trainer trainer_;
  std::vector<ItemIndex> changed_items_;
  std::uint64_t model_step_ = 0;
  std::uint64_t log_end_ = 0;  // examples in the log
};

}  // namespace

Result<std::unique_ptr<Learner>> make_learner(const ModelOptions& options) {
  auto items = std::make_unique<ItemTable>();
  std::vector<std::unique_ptr<Family>> families;
  for (const std::string& name : options.families) {
    MILLRACE_ASSIGN_OR_RETURN(std::unique_ptr<Family> family, make_family(name, options, *items));
    families.push_back(std::move(family));
  }
  return std::unique_ptr<Learner>(std::make_unique<LearnerOfFamilies>(options, std::move(items), std::move(families)));
}

}  // namespace millrace
