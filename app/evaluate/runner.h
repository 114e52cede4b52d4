// Runs the very step of the service over a memory store, without a broker: predictions are asked for, events are added,
// and a step is run whenever a batch is full. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/step.h"
#include "core/catalogue.h"
#include "core/event.h"
#include "core/result.h"
#include "model/learner.h"
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

  // A prediction from everything that was added before, features event by event, the model as of the last step.
  Status ask(const UserId& user, const std::string& session, Millis now);
  Status add(const Event& event);
  // The rating that the event's user will give, likewise from everything that was added before.
  Status ask_rating(const Event& event);
  // Takes effect after the step that what is pending belongs to: content comes after the events that were added before
  // it.
  void change(CatalogueChange change) { next_changes_.push_back(std::move(change)); }
  // Runs what is pending.
  Status flush();

  // A prediction from the given context; nothing learns and no statistic moves. Requires that nothing is pending from
  // ask(), add() or change(). Answered with a full batch or by flush().
  Status ask_frozen(Query query);

  Features& features() { return step_->features(); }
  const std::vector<std::string>& learner_names() { return step_->learner().learner_names(); }
  const KindTable& kinds() const { return options_.features.kinds; }
  std::size_t context_length() const { return options_.features.context_length; }

 private:
  StepRunner(StepOptions options, Effort effort, std::size_t batch);
  Status run_step();
  void run_frozen();
  void report_ratings(const LearnOutcome& learnt);

  StepOptions options_;
  std::size_t batch_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Step> step_;
  StepInput input_;
  std::vector<CatalogueChange> next_changes_;
  LearnInput frozen_;
  RunnerSink sink_;
};

}  // namespace millrace
