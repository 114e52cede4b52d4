#include "app/evaluate/evaluator.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "core/check.h"

namespace millrace {

Evaluator::Evaluator(const EvaluatorOptions& options, StepRunner& runner)
    : options_(options),
      runner_(runner),
      memory_(options.scores.beyond_accuracy),
      ratings_({options.rating_range, options.scores.stretch, options.calibration, options.oracle_rating}),
      oracle_(options.scores),
      served_(options.scores),
      learners_(runner.learner_names().size(), RowScores(options.scores)),
      floor_(options.scores) {
  runner.set_sink({[this](const Answer& answer) { on_answer(answer); },
                   [this](const Event& event, std::optional<float> predicted) { on_rating(event, predicted); },
                   [this](std::optional<float> predicted) { on_asked_rating(predicted); }});
}

Status Evaluator::ask(const Trial& trial) {
  expect(trial);
  return runner_.ask(trial.user, trial.session, trial.now);
}

Status Evaluator::learn(const Event& event) {
  memory_.learn(event.user, event.item);
  ++(runner_.frozen() ? waiting_ : events_);
  return runner_.add(event);
}

Status Evaluator::freeze() {
  MILLRACE_RETURN_IF_ERROR(runner_.freeze());
  memory_.freeze();
  return Ok{};
}

Status Evaluator::thaw() {
  MILLRACE_RETURN_IF_ERROR(runner_.flush());  // the answers, before anything is counted
  memory_.thaw();
  events_ += std::exchange(waiting_, 0);
  return runner_.thaw();
}

// What is known and how popular it is must be noted now: by the time of the answer the batch has been learnt.
void Evaluator::expect(const Trial& trial) {
  MILLRACE_CHECK(!trial.targets.empty());
  Pending pending;
  pending.targets = trial.targets;
  pending.cold = std::make_unique<bool[]>(trial.targets.size());
  pending.group = trial.group;
  pending.cluster = cluster_number(trial.cluster);
  pending.event = met();
  pending.returning = memory_.knows_user(trial.user);
  const UserId* without = options_.exclude_seen ? &trial.user : nullptr;
  Ranks popularity;
  Ranks oracle;
  for (std::size_t i = 0; i < trial.targets.size(); ++i) {
    const ItemId& target = trial.targets[i];
    popularity.push_back(memory_.popularity_rank(target, without));
    if (options_.oracle) oracle.push_back(options_.oracle->popularity_rank_then(target, without, memory_));
    pending.known.push_back(memory_.knows(target));
    pending.cold[i] = memory_.count_of(target) < options_.warm_from;
  }
  score(floor_, pending, popularity);
  if (options_.oracle) score(oracle_, pending, oracle);
  pending_.push_back(std::move(pending));
  ++trials_;
}

void Evaluator::on_answer(const Answer& answer) {
  const Pending pending = std::move(pending_.front());
  pending_.pop_front();
  score_list(served_, pending, answer.served);
  if (options_.calibration && runner_.serves_logits()) calibrate(pending, answer.served);
  MILLRACE_CHECK(answer.learners.size() == learners_.size());
  for (std::size_t i = 0; i < learners_.size(); ++i) score_list(learners_[i], pending, answer.learners[i]);
}

Status Evaluator::ask_rating(const Event& event) {
  asks_ratings_ = true;
  asked_ratings_.push_back(event);
  return runner_.ask_rating(event);
}

void Evaluator::on_asked_rating(std::optional<float> predicted) {
  const Event event = std::move(asked_ratings_.front());
  asked_ratings_.pop_front();
  ratings_.add(met(), cluster_number(event.user.bytes), event.value, predicted);
}

void Evaluator::on_rating(const Event& event, std::optional<float> predicted) {
  if (!asks_ratings_) ratings_.add(met(), cluster_number(event.user.bytes), event.value, predicted);
}

template <class List>
void Evaluator::score_list(RowScores& row, const Pending& pending, const List& list) {
  using Entry = typename List::value_type;
  Ranks ranks;
  for (std::size_t i = 0; i < pending.targets.size(); ++i) {
    const auto item = pending.known[i] ? runner_.features().find_item(pending.targets[i]) : std::nullopt;
    ranks.push_back(item.has_value() ? rank_against(std::span<const Entry>(list), *item) : std::nullopt);
  }
  score(row, pending, ranks);
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < std::min(options_.scores.list_length, list.size()); ++i) {
    const std::uint32_t number = memory_.number_of(runner_.features().item_id(list[i].item));
    if (number != StreamMemory::kNoNumber) numbers.push_back(number);
  }
  row.show(numbers, memory_);
}

void Evaluator::score(RowScores& row, const Pending& pending, const Ranks& ranks) {
  row.score({pending.group,
             pending.cluster,
             pending.event,
             pending.returning,
             {pending.cold.get(), pending.targets.size()},
             ranks});
}

void Evaluator::calibrate(const Pending& pending, const Ranking& list) {
  std::vector<float> scores;
  std::vector<bool> taken(list.size(), false);
  for (const RankedItem& ranked : list) scores.push_back(ranked.score);
  for (std::size_t i = 0; i < pending.targets.size(); ++i) {
    const auto item = pending.known[i] ? runner_.features().find_item(pending.targets[i]) : std::nullopt;
    if (!item) continue;
    for (std::size_t at = 0; at < list.size(); ++at) {
      if (list[at].item == *item) taken[at] = true;
    }
  }
  calibration_.add(scores, taken);
}

std::uint32_t Evaluator::cluster_number(const std::string& key) {
  return clusters_.try_emplace(key, static_cast<std::uint32_t>(clusters_.size())).first->second;
}

std::string Evaluator::headline() const {
  char text[64];
  if (trials_ == 0 && ratings_.count() == 0) return "";
  if (trials_ == 0) {
    std::snprintf(text, sizeof text, "rmse %.4f", ratings_.rmse());
  } else {
    std::snprintf(text, sizeof text, "%s %.4f", options_.scores.metrics.front().name().c_str(), served_.headline());
  }
  return text;
}

void Evaluator::report_lists(EvaluationReport& report) const {
  report.served = served_.report(memory_);
  const std::vector<std::string>& names = runner_.learner_names();
  for (std::size_t i = 0; i < names.size(); ++i) report.learners.emplace_back(names[i], learners_[i].report(memory_));
  report.learners.emplace_back("running_popularity", floor_.report(memory_));
  if (options_.oracle) report.learners.emplace_back("oracle", oracle_.report(memory_));
  if (const auto auc = calibration_.auc()) {
    report.served.values.emplace_back("auc", *auc);
    report.served.values.emplace_back("calibration_error", calibration_.error());
    report.list_calibration = calibration_.bins();
  }
  if (options_.scores.stretch == 0) return;
  report.timelines.metric = options_.scores.metrics.front().name();
  report.timelines.lines.emplace_back("served", served_.timeline());
  for (std::size_t i = 0; i < names.size(); ++i) {
    report.timelines.lines.emplace_back(names[i], learners_[i].timeline());
  }
  report.timelines.lines.emplace_back("running_popularity", floor_.timeline());
}

void Evaluator::report_ratings(EvaluationReport& report) const {
  ratings_.report(report.served);
  ReportRow mean;
  ratings_.report_mean(mean);
  report.learners.emplace_back("running_mean", std::move(mean));
  if (options_.oracle_rating) {
    ReportRow oracle;
    ratings_.report_oracle(oracle);
    report.learners.emplace_back("oracle_mean", std::move(oracle));
  }
  report.rating_calibration = ratings_.calibration();
  if (options_.scores.stretch == 0) return;
  report.rating_timelines.metric = "mae";
  report.rating_timelines.lines.emplace_back("served", ratings_.timeline());
  report.rating_timelines.lines.emplace_back("running_mean", ratings_.mean_timeline());
}

EvaluationReport Evaluator::report() const {
  MILLRACE_CHECK(pending_.empty() && asked_ratings_.empty());
  EvaluationReport report;
  report.events = events_;
  report.trials = trials_ + ratings_.count();
  if (trials_ > 0) report_lists(report);
  if (ratings_.count() > 0) report_ratings(report);
  return report;
}

}  // namespace millrace
