// A learner made of families and a lineup of them (learner.h). What it learns and answers is in learner.cc, what it
// stores and takes back in learner_rows.cc.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/workers.h"
#include "model/candidate_lists.h"
#include "model/candidates.h"
#include "model/learner.h"
#include "model/list_maker.h"
#include "model/prediction_plan.h"
#include "model/recommender.h"
#include "model/serve/guard.h"
#include "model/serve/lineup.h"
#include "model/trainer.h"

namespace millrace {

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
  LearnOutcome learn(const LearnInput& input, const ExampleLog& log) override;
  void train(const ExampleLog& log) override { train_pending(log, true); }
  std::vector<Ranking> recommend(std::span<const Query> queries, std::size_t k, const Effort& effort) override;
  std::vector<ItemIndex> popular(std::size_t k) override;
  const Contest& contest() const override { return lineup_->contest(); }
  bool names_learners() const override { return lineup_->policy().names_learners(); }
  std::vector<std::pair<std::string, std::uint64_t>> rollbacks() const override { return guard_.rollbacks(); }
  std::uint64_t model_step() const override { return model_step_; }
  std::uint64_t untrained_from(const ExampleLog& log) const override;
  std::uint64_t work_since_checkpoint() const override { return work_; }
  void checkpoint(CheckpointRows& rows) override;
  Status keep_good(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch) override;
  void mark_checkpoint(std::uint64_t step, WriteBatch& batch) override;
  void save_step(WriteBatch& batch) override;
  Status roll_back(std::span<const std::string> names, const Store& store, WriteBatch& batch) override;
  Status reload(std::span<const std::string> names, const Store& store) override;
  Status restore(const Store& store) override;
  std::uint64_t memory_bytes() const override;
  std::vector<std::pair<std::string, std::uint64_t>> family_rows() const override;

 private:
  // With learning off only popularity moves: the floor that everything else is measured against.
  bool learns(const Family& family) const;

  // Of one prediction: by family, its best items, and all of them described to the ranker where there is one.
  struct Gathered {
    std::vector<std::vector<ScoredItem>> lists;
    Candidates candidates;
  };

  // Event by event: what is asked before it, then what it teaches at once. Where nothing is asked, a block of
  // predictions is made, side by side, before the first of its examples is observed.
  LearnOutcome predict_and_observe(const LearnInput& input);
  void predict_in_blocks(const LearnInput& input, std::span<const Prediction> predictions,
                         std::span<const RankRequest> requests, std::size_t per_family, LearnOutcome& outcome);
  Gathered gather(const Prediction& prediction, CandidateLists& lists, std::size_t at) const;

  // The examples first … last - 1, between which nothing is asked: no family needs another one's answer, so that they
  // may learn side by side.
  void observe(const LearnInput& input, std::size_t first, std::size_t last, LearnOutcome& outcome);
  void apply_changes(const LearnInput& input);
  void announce(ItemIndex item);
  void predict(const LearnInput& input, const Prediction& prediction, Gathered gathered, LearnOutcome& outcome);

  // A trial of all learners for each item that was taken; the ranker keeps the prediction to learn from it.
  void try_learners(const LearnInput& input, const Prediction& prediction, FamilyLists lists,
                    const Candidates& candidates, const RankerInput& ranker_input, std::vector<LearnerTrial>& trials);
  std::optional<float> predict_rating(const Context& context, ItemIndex item);

  // `watched`: not while recovering, when the watch has seen it already.
  void train_pending(const ExampleLog& log, bool watched);

  // After everything was observed: what is left to train on, and who has collapsed.
  void conclude(const LearnInput& input, LearnOutcome& outcome);
  void learn_to_rank(const LearnOutcome& outcome);

  // Squared errors of the predicted ratings stand for the loss of the family that predicted them.
  void add_rating_errors(const LearnInput& input, const LearnOutcome& outcome);

  // An untaught family in place of this one, with the rows that `load_rows` hands over.
  template <class LoadRows>
  Status renew(const std::string& name, const LoadRows& load_rows);
  Status restore_own_rows(const Store& store);
  static Status restore_family(const Store& store, Family& family);
  Status restore_item(std::string_view key, std::string_view value);

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

}  // namespace millrace
