#include "app/evaluate/runner.h"

#include <utility>

#include "core/check.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

// Predictions are answered together; more than this are not kept waiting.
constexpr std::size_t kQueriesMax = 512;

}  // namespace

StepRunner::StepRunner(StepOptions options, Effort effort, std::size_t batch)
    : options_(std::move(options)), batch_(batch), store_(make_memory_store()) {
  input_.step = 1;
  input_.effort = effort;
  input_.make_lists = false;
}

Result<std::unique_ptr<StepRunner>> StepRunner::open(StepOptions options, Effort effort, std::size_t batch) {
  MILLRACE_CHECK(batch > 0);
  options.model.evaluate_learners = true;
  std::unique_ptr<StepRunner> runner(new StepRunner(std::move(options), effort, batch));
  MILLRACE_ASSIGN_OR_RETURN(runner->step_, Step::open(runner->options_, *runner->store_));
  return runner;
}

Status StepRunner::ask(const UserId& user, const std::string& session, Millis now) {
  MILLRACE_CHECK(frozen_.queries.empty());
  if (input_.queries.size() >= kQueriesMax) MILLRACE_RETURN_IF_ERROR(run_step());
  input_.queries.push_back({input_.events.size(), user, session, now});
  return Ok{};
}

Status StepRunner::add(const Event& event) {
  MILLRACE_CHECK(frozen_.queries.empty());
  input_.events.push_back(event);
  return input_.events.size() >= batch_ ? run_step() : Ok{};
}

Status StepRunner::ask_rating(const Event& event) {
  MILLRACE_CHECK(frozen_.queries.empty());
  if (input_.rating_queries.size() >= kQueriesMax) MILLRACE_RETURN_IF_ERROR(run_step());
  input_.rating_queries.push_back({{input_.events.size(), event.user, event.session, event.event_time}, event.item});
  return Ok{};
}

Status StepRunner::flush() {
  run_frozen();
  const bool idle = input_.events.empty() && input_.queries.empty() && input_.rating_queries.empty();
  return idle ? Ok{} : run_step();
}

Status StepRunner::ask_frozen(Query query) {
  MILLRACE_CHECK(input_.events.empty() && input_.queries.empty());
  frozen_.queries.push_back(std::move(query));
  if (frozen_.queries.size() >= batch_) run_frozen();
  return Ok{};
}

Status StepRunner::run_step() {
  WriteBatch batch;
  MILLRACE_ASSIGN_OR_RETURN(const StepOutput output, step_->run(input_, batch));
  MILLRACE_RETURN_IF_ERROR(store_->commit(batch));
  if (sink_.answer) {
    for (const Answer& answer : output.learnt.answers) sink_.answer(answer);
  }
  if (sink_.asked_rating) {
    for (const std::optional<float> rating : output.learnt.asked_ratings) sink_.asked_rating(rating);
  }
  if (sink_.rating) report_ratings(output.learnt);
  ++input_.step;
  input_.events.clear();
  input_.queries.clear();
  input_.rating_queries.clear();
  input_.changes = std::exchange(next_changes_, {});
  return Ok{};
}

// Events of items beyond the configured limit make no example.
void StepRunner::report_ratings(const LearnOutcome& learnt) {
  std::size_t next = 0;
  for (const Event& event : input_.events) {
    const bool learnable = step_->features().find_item(event.item).has_value();
    const std::optional<float> predicted = learnable ? learnt.predicted_ratings[next++] : std::nullopt;
    if (kinds().at(event.kind).signal == Signal::kRating) sink_.rating(event, predicted);
  }
}

void StepRunner::run_frozen() {
  if (frozen_.queries.empty()) return;
  frozen_.step = input_.step - 1;
  const LearnOutcome outcome = step_->learner().learn(frozen_, step_->examples());
  if (sink_.answer) {
    for (const Answer& answer : outcome.answers) sink_.answer(answer);
  }
  frozen_.queries.clear();
}

}  // namespace millrace
