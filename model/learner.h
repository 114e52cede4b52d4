// The model's part of the step: predict, then observe and learn whom to trust, recommend, and train, for which no list
// waits. A deterministic state machine over LearnInputs: the same inputs give the same bytes, so recovery is "load the
// last checkpoint, learn the logged steps since again".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/list.h"
#include "core/result.h"
#include "model/checkpoint_rows.h"
#include "model/effort.h"
#include "model/example_log.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "model/options.h"
#include "model/serve/contest.h"
#include "model/serve/trial.h"
#include "store/store.h"

namespace millrace {

// Ask for a prediction before examples[before] is observed (before == examples.size(): after all of them).
struct Query {
  std::size_t before = 0;
  Context context;
  std::vector<ItemIndex> exclude;  // sorted
};

// Ask for the rating that the user would give, before examples[before] is observed.
struct RatingQuery {
  std::size_t before = 0;
  Context context;
  ItemIndex item = kUnknownItem;  // kUnknownItem: an item without a row
};

struct LearnInput {
  std::uint64_t step = 0;
  std::vector<Example> examples;            // in order of application, sequences set
  std::vector<Query> queries;               // ordered by `before`
  std::vector<RatingQuery> rating_queries;  // ordered by `before`
  std::vector<ItemFactsChange> changes;     // take effect before the first example
  std::size_t item_count = 0;               // items known after the step
  Effort effort;
  std::vector<bool> cold;            // by example: its item had hardly been met; empty: none
  std::vector<std::size_t> credits;  // learners whose item was taken from the list that was out, by event
  bool recovering = false;           // learning logged steps again: no queries, and the ranker is not touched
  bool ranker_only = false;          // predicted by a copy that stood still: what ranks learns, nothing else
};

// One query's answers: what would be served, and each learner alone.
struct Answer {
  Ranking served;
  std::vector<std::vector<ScoredItem>> learners;  // by learner_names(); empty where evaluate_learners is off
};

struct LearnOutcome {
  std::vector<Answer> answers;                          // one per query
  std::vector<std::optional<float>> predicted_ratings;  // one per example: before it was observed; ratings only
  std::vector<std::optional<float>> asked_ratings;      // one per rating query
  double loss_sum = 0.0;                                // of training since the last learn()
  std::uint64_t trained_examples = 0;
  std::uint64_t untrained_examples = 0;  // left over by it, for a later mini-batch
  std::vector<LearnerTrial> trials;      // of the contest's learners, before they learnt
  std::vector<std::string> collapsed;    // have to be rolled back before they are asked again
};

class Learner {
 public:
  virtual ~Learner() = default;
  virtual const std::vector<std::string>& learner_names() const = 0;
  // Predicts the queries and observes the examples event by event; what ranks learns. Without queries, what teaches it
  // is predicted in blocks, each before the first of its examples is observed. `log` already holds the step's examples.
  // Calls train() first.
  virtual LearnOutcome learn(const LearnInput& input, const ExampleLog& log) = 0;
  // Trains on the examples of the last learn() and replayed ones, unless it has.
  virtual void train(const ExampleLog& log) = 0;
  // Lists from the present state, one per context; `exclude` per context, sorted. Reads only.
  virtual std::vector<Ranking> recommend(std::span<const Query> queries, std::size_t k, const Effort& effort) = 0;

  // The `k` most popular items now, best first: what the served lists are compared with.
  virtual std::vector<ItemIndex> popular(std::size_t k) = 0;

  // What is served, how each of the learners is doing, and how often each that may go bad was rolled back.
  virtual const Contest& contest() const = 0;
  virtual bool names_learners() const = 0;  // whether ranked items tell their learner
  virtual std::vector<std::pair<std::string, std::uint64_t>> rollbacks() const = 0;

  virtual std::uint64_t model_step() const = 0;  // of the last learn()
  // Sequence of the first example of `log` that train() has yet to train on.
  virtual std::uint64_t untrained_from(const ExampleLog& log) const = 0;
  // Examples observed, examples trained on and items changed since the last checkpoint: what recovery would do again.
  virtual std::uint64_t work_since_checkpoint() const = 0;
  // Puts every row of table model changed since the last checkpoint, the step, and what train() has yet to do, into
  // `rows`, each once: a checkpoint, as of the last learn(). They take effect together, whenever the caller has written
  // them.
  virtual void checkpoint(CheckpointRows& rows) = 0;
  // Before these rows of it are written over those of the last one, which `store` holds: puts what a rollback needs of
  // these into `batch`, to be committed first.
  virtual Status keep_good(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch) = 0;
  // After they were written: counts the checkpoint, of that step, among those that may be good.
  virtual void mark_checkpoint(std::uint64_t step, WriteBatch& batch) = 0;
  // What is not learnt again (the ranker, the contest), put into the batch of every step.
  virtual void save_step(WriteBatch& batch) = 0;
  // Brings these back to their last good checkpoint; not while one is being written, nor in a step that marks one.
  virtual Status roll_back(std::span<const std::string> names, const Store& store, WriteBatch& batch) = 0;
  // While recovering, after learn(): these were rolled back in that step, and `store` holds what came of it.
  virtual Status reload(std::span<const std::string> names, const Store& store) = 0;
  // Loads the last checkpoint; afterwards model_step() is the step it was taken at (0: none).
  virtual Status restore(const Store& store) = 0;

  virtual std::uint64_t memory_bytes() const = 0;
  virtual std::vector<std::pair<std::string, std::uint64_t>> family_rows() const = 0;
};

// kInvalid: an unknown family, learner or policy.
Result<std::unique_ptr<Learner>> make_learner(const ModelOptions& options);

}  // namespace millrace
