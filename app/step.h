// The step: a function from (state, batch) to (changes, lists). It reads no clock, draws no randomness that is not
// seeded by its number, and does no I/O beyond reading rows and writing its part of a checkpoint; the same inputs give
// the same bytes. The service and every evaluation run this.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/step_checkpoint.h"
#include "core/catalogue.h"
#include "core/event.h"
#include "core/list.h"
#include "core/result.h"
#include "features/features.h"
#include "model/example_log.h"
#include "model/learner.h"
#include "store/store.h"

namespace millrace {

// Which items a list leaves out.
struct ListRules {
  bool exclude_seen = false;    // what the user already touched
  std::vector<ItemId> blocked;  // never recommended
  std::size_t length = 20;      // items a list
};

// What a list for this user leaves out under the rules, sorted. Items that `features` does not know are none.
std::vector<ItemIndex> items_left_out(const Context& context, const ListRules& rules, const Features& features);

// A prediction asked for before events[before] is applied.
struct StepQuery {
  std::size_t before = 0;
  UserId user;
  std::string session;
  Millis now;
};

// The rating asked for that the user would give to the item; answered in StepOutput::learnt.asked_ratings.
struct StepRatingQuery {
  StepQuery at;
  ItemId item;
};

struct StepInput {
  std::uint64_t step = 0;
  std::vector<Event> events;
  std::vector<CatalogueChange> changes;
  std::vector<StepQuery> queries;               // ordered by `before`
  std::vector<StepRatingQuery> rating_queries;  // ordered by `at.before`
  Effort effort;
  bool make_lists = true;           // a list for every touched user
  std::vector<Reflected> reflects;  // offsets after this step, ordered
};

// The list last made for a user, met by the user's next event.
struct LiveTrial {
  Signal signal{};
  std::optional<std::size_t> rank;             // of the event's item in that list, from 0
  std::optional<std::size_t> popularity_rank;  // in the popularity list of the last step
  bool returning = false;                      // the user had a list
  bool cold = false;                           // the item had hardly been met
  std::string learner = {};                    // that put the item there, where several may have; else empty
};

struct StepOutput {
  std::vector<RecommendationList> lists;
  LearnOutcome learnt;  // what collapsed has been rolled back
  std::vector<LiveTrial> trials;
  std::uint64_t users_gone = 0;     // made room for new ones (features.max_users)
  std::uint64_t items_unknown = 0;  // events of items beyond features.max_items
  struct Seconds {
    // model: with what was left of training; store: rows into the batch, and of a checkpoint.
    double features = 0, model = 0, lists = 0, store = 0;
  } seconds;  // measured, outside byte equality
};

struct StepOptions {
  FeatureOptions features;
  ModelOptions model;
  ListRules rules;
  std::uint64_t example_capacity = 1'000'000;
  CheckpointOptions checkpoint;
  std::uint64_t version_base = 1;  // list version = base + step
};

// Owns features, example log and learner over a store.
class Step {
 public:
  // Loads everything; learns again what was logged since the model's last checkpoint. `store` must outlive it.
  static Result<std::unique_ptr<Step>> open(const StepOptions& options, Store& store);

  // Runs one step; what it changed is appended to `batch`, which the caller completes and commits. Of a checkpoint it
  // writes its part into the store. An error, or a failed commit, leaves the object unusable: open another. What the
  // last step has to train is trained before anything is predicted.
  Result<StepOutput> run(const StepInput& input, WriteBatch& batch);
  // After run(): trains what that step has to train in a thread of its own, while its batch is committed, its lists go
  // out and the next step's features are taken in. Whoever needs the learner waits for it. Changes nothing stored.
  void start_training();

  // Lists of later steps get base + step as their version.
  void set_version_base(std::uint64_t base);

  std::uint64_t last_step() const;  // 0: none yet
  Features& features();
  Learner& learner();  // waits for training
  const ExampleLog& examples() const;
  std::uint64_t relearnt_steps() const;  // during open()
  // Library and instruction set that learnt the steps since the last checkpoint, if this process cannot compute like
  // them: what was learnt again may then differ in the last bits. Else empty.
  const std::string& former_engine() const;
  ~Step();

 private:
  struct State;
  explicit Step(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace
