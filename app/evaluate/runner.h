// Runs the very step of the service over a memory store, without a broker: predictions are asked for, events are added,
// and a step is run whenever a batch is full. One thread.
//
// Between freeze() and thaw() the lists come from a frozen copy: features of items, statistics, memory, encoder and
// ranker stand still, and only a user's own history goes on with what is added. That is how lists look that are made
// from a copy synchronised now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/evaluate/frozen.h"
#include "app/step.h"
#include "core/catalogue.h"
#include "core/event.h"
#include "core/result.h"
#include "model/learner.h"
#include "model/serve/policy.h"
#include "store/store.h"

namespace millrace {

// Called while a step is run, in the order in which was asked and added.
struct RunnerSink {
  std::function<void(const Answer&)> answer;
  std::function<void(const Event&, std::optional<float> predicted)> rating;  // every event of a rating kind
  std::function<void(std::optional<float> predicted)> asked_rating;
};

class StepRunner {
 public:
  // A step has at most `batch` events; `options.model.evaluate_learners` is switched on.
  static Result<std::unique_ptr<StepRunner>> open(StepOptions options, Effort effort, std::size_t batch);

  void set_sink(RunnerSink sink) { sink_ = std::move(sink); }

  // A prediction from everything that was added before, features event by event, the model as of the last step; while
  // frozen, from the frozen copy and what the user did since.
  Status ask(const UserId& user, const std::string& session, Millis now);
  Status add(const Event& event);
  // The rating that the event's user will give, likewise from everything that was added before.
  Status ask_rating(const Event& event);
  // Takes effect after the step that what is pending belongs to: content comes after the events that were added before
  // it.
  void change(CatalogueChange change);
  // Answers what is pending. Unless frozen, what is pending is learnt.
  Status flush();

  // Runs what is pending; from now on nothing learns.
  Status freeze();
  // Answers what is pending and learns, in its order, what was added since freeze(): first the ranker from predictions
  // as the copy made them, then everything else. Without effect where nothing is frozen.
  Status thaw();
  bool frozen() const { return copy_.has_value(); }

  Features& features() { return step_->features(); }
  const std::vector<std::string>& learner_names() { return step_->learner().learner_names(); }
  const KindTable& kinds() const { return options_.features.kinds; }
  // Whether the scores of served lists are the ranker's, logits of what will be taken; those of a mixture or a draft
  // are not.
  bool serves_logits() const { return options_.model.serve == kRankerLearner; }

 private:
  using Waiting = std::variant<Event, CatalogueChange>;

  StepRunner(StepOptions options, Effort effort, std::size_t batch);
  Status run_step();
  void report_ratings(const LearnOutcome& learnt);
  Status ask_copy(const UserId& user, const std::string& session, Millis now);
  Status ask_copy_rating(const Event& event);
  Status add_to_copy(const Event& event);
  void answer_frozen();
  Status teach_ranker();
  bool is_rating(const Event& event) const { return kinds().at(event.kind).signal == Signal::kRating; }

  StepOptions options_;
  std::size_t batch_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Step> step_;
  StepInput input_;
  std::vector<CatalogueChange> next_changes_;
  bool ratings_reported_ = false;  // of the events that are being learnt: while they were frozen
  std::optional<FrozenFeatures> copy_;
  LearnInput frozen_;                                // what was asked of the copy
  std::deque<std::optional<Event>> frozen_ratings_;  // by rating query: the event itself, or none for ask_rating()
  std::vector<Waiting> waiting_;                     // added while frozen
  RunnerSink sink_;
};

}  // namespace millrace
