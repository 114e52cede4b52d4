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
  input_.effort = frozen_.effort = effort;
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
  if (frozen()) return ask_copy(user, session, now);
  if (input_.queries.size() >= kQueriesMax) MILLRACE_RETURN_IF_ERROR(run_step());
  input_.queries.push_back({input_.events.size(), user, session, now});
  return Ok{};
}

Status StepRunner::add(const Event& event) {
  if (frozen()) return add_to_copy(event);
  input_.events.push_back(event);
  return input_.events.size() >= batch_ ? run_step() : Ok{};
}

Status StepRunner::ask_rating(const Event& event) {
  if (frozen()) {
    frozen_ratings_.emplace_back();
    return ask_copy_rating(event);
  }
  if (input_.rating_queries.size() >= kQueriesMax) MILLRACE_RETURN_IF_ERROR(run_step());
  input_.rating_queries.push_back({{input_.events.size(), event.user, event.session, event.event_time}, event.item});
  return Ok{};
}

void StepRunner::change(CatalogueChange change) {
  if (frozen()) {
    waiting_.emplace_back(std::move(change));
  } else {
    next_changes_.push_back(std::move(change));
  }
}

Status StepRunner::flush() {
  answer_frozen();
  const bool idle = input_.events.empty() && input_.queries.empty() && input_.rating_queries.empty();
  return idle ? Ok{} : run_step();
}

Status StepRunner::freeze() {
  MILLRACE_CHECK(!frozen());
  MILLRACE_RETURN_IF_ERROR(flush());
  MILLRACE_ASSIGN_OR_RETURN(copy_, FrozenFeatures::open(options_.features, *store_));
  return Ok{};
}

Status StepRunner::thaw() {
  if (!frozen()) return Ok{};
  answer_frozen();
  copy_.reset();
  MILLRACE_RETURN_IF_ERROR(teach_ranker());
  const Effort effort = input_.effort;
  input_.effort.ranked_examples = 0;
  ratings_reported_ = true;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (const Event* event = std::get_if<Event>(&waiting)) {
      MILLRACE_RETURN_IF_ERROR(add(*event));
    } else {
      change(std::move(std::get<CatalogueChange>(waiting)));
    }
  }
  MILLRACE_RETURN_IF_ERROR(flush());
  ratings_reported_ = false;
  input_.effort = effort;
  return Ok{};
}

// It is asked with sources as old as the copy; taught with fresh ones it would trust too much what ages.
Status StepRunner::teach_ranker() {
  MILLRACE_ASSIGN_OR_RETURN(FrozenFeatures copy, FrozenFeatures::open(options_.features, *store_));
  LearnInput input;
  input.step = input_.step - 1;
  input.effort = input_.effort;
  input.ranker_only = true;
  const auto teach = [&] {
    if (!input.examples.empty()) step_->learner().learn(input, step_->examples());
    input.examples.clear();
  };
  for (const Waiting& waiting : waiting_) {
    const Event* event = std::get_if<Event>(&waiting);
    if (event == nullptr) continue;
    MILLRACE_ASSIGN_OR_RETURN(Example example, copy.apply(*event));
    if (example.item != kUnknownItem) input.examples.push_back(std::move(example));
    if (input.examples.size() >= batch_) teach();
  }
  teach();
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
  if (sink_.rating && !ratings_reported_) report_ratings(output.learnt);
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
    if (is_rating(event)) sink_.rating(event, predicted);
  }
}

Status StepRunner::ask_copy(const UserId& user, const std::string& session, Millis now) {
  MILLRACE_ASSIGN_OR_RETURN(Context context, copy_->context(user, now, session));
  std::vector<ItemIndex> exclude = items_left_out(context, options_.rules, features());
  frozen_.queries.push_back({0, std::move(context), std::move(exclude)});
  if (frozen_.queries.size() >= batch_) answer_frozen();
  return Ok{};
}

Status StepRunner::ask_copy_rating(const Event& event) {
  MILLRACE_ASSIGN_OR_RETURN(Context context, copy_->context(event.user, event.event_time, event.session));
  frozen_.rating_queries.push_back({0, std::move(context), features().find_item(event.item).value_or(kUnknownItem)});
  if (frozen_.rating_queries.size() >= batch_) answer_frozen();
  return Ok{};
}

Status StepRunner::add_to_copy(const Event& event) {
  if (is_rating(event)) {
    frozen_ratings_.emplace_back(event);
    MILLRACE_RETURN_IF_ERROR(ask_copy_rating(event));
  }
  waiting_.emplace_back(event);
  MILLRACE_ASSIGN_OR_RETURN(const Example ignored, copy_->apply(event));
  return Ok{};
}

void StepRunner::answer_frozen() {
  if (frozen_.queries.empty() && frozen_.rating_queries.empty()) return;
  frozen_.step = input_.step - 1;
  const LearnOutcome outcome = step_->learner().learn(frozen_, step_->examples());
  if (sink_.answer) {
    for (const Answer& answer : outcome.answers) sink_.answer(answer);
  }
  for (const std::optional<float> rating : outcome.asked_ratings) {
    const std::optional<Event> event = std::move(frozen_ratings_.front());
    frozen_ratings_.pop_front();
    if (event && sink_.rating) sink_.rating(*event, rating);
    if (!event && sink_.asked_rating) sink_.asked_rating(rating);
  }
  frozen_.queries.clear();
  frozen_.rating_queries.clear();
}

}  // namespace millrace
