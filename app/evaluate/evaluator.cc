#include "app/evaluate/evaluator.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/evaluate/frozen.h"
#include "core/check.h"

namespace millrace {

Evaluator::Evaluator(const EvaluatorOptions& options, StepRunner& runner)
    : options_(options), runner_(runner), ratings_(options.rating_range) {
  Row row;
  row.metrics.resize(options.metrics.size());
  row.parts.assign(options.parts.size(), row.metrics);
  served_ = floor_ = row;
  learners_.assign(runner.learner_names().size(), row);
  runner.set_sink({[this](const Answer& answer) { on_answer(answer); },
                   [this](const Event& event, std::optional<float> predicted) { on_rating(event, predicted); },
                   [this](std::optional<float> predicted) { on_asked_rating(predicted); }});
}

Status Evaluator::ask(const Trial& trial) {
  expect(trial);
  return runner_.ask(trial.user, trial.session, trial.now);
}

Status Evaluator::ask_frozen(const Trial& trial, std::span<const Event> prefix) {
  MILLRACE_CHECK(!options_.exclude_seen);
  expect(trial);
  MILLRACE_ASSIGN_OR_RETURN(Context context, frozen_context(runner_.features(), runner_.context_length(), trial.user,
                                                            trial.session, trial.now, prefix));
  return runner_.ask_frozen({0, std::move(context), {}});
}

Status Evaluator::learn(const Event& event) {
  memory_.learn(event.user, event.item);
  ++events_;
  return runner_.add(event);
}

// What is known and how popular it is must be noted now: by the time of the answer the batch has been learnt.
void Evaluator::expect(const Trial& trial) {
  MILLRACE_CHECK(!trial.targets.empty());
  Pending pending{{}, 0, trial.group, cluster_number(trial.cluster), trial.part};
  std::vector<std::optional<std::size_t>> popularity;
  for (const ItemId& target : trial.targets) {
    popularity.push_back(memory_.popularity_rank(target, options_.exclude_seen ? &trial.user : nullptr));
    if (memory_.knows(target)) {
      pending.targets.push_back(target);
    } else {
      ++pending.missed;
    }
  }
  score(floor_, pending, popularity);
  pending_.push_back(std::move(pending));
  ++trials_;
}

void Evaluator::on_answer(const Answer& answer) {
  const Pending pending = std::move(pending_.front());
  pending_.pop_front();
  score_list(served_, pending, answer.served);
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
  ratings_.add(cluster_number(event.user.bytes), event.value, predicted);
}

void Evaluator::on_rating(const Event& event, std::optional<float> predicted) {
  if (!asks_ratings_) ratings_.add(cluster_number(event.user.bytes), event.value, predicted);
}

template <class List>
void Evaluator::score_list(Row& row, const Pending& pending, const List& list) {
  using Entry = typename List::value_type;
  std::vector<std::optional<std::size_t>> ranks(pending.missed);
  for (const ItemId& target : pending.targets) {
    const std::optional<ItemIndex> item = runner_.features().find_item(target);
    ranks.push_back(item.has_value() ? rank_against(std::span<const Entry>(list), *item) : std::nullopt);
  }
  score(row, pending, ranks);
  const std::size_t length = std::min(options_.list_length, list.size());
  for (std::size_t i = 0; i < length; ++i) show(row, list[i].item);
}

void Evaluator::score(Row& row, const Pending& pending, std::span<const std::optional<std::size_t>> ranks) {
  for (std::size_t m = 0; m < options_.metrics.size(); ++m) {
    const double value = options_.metrics[m].value(ranks);
    row.metrics[m].add(pending.group, pending.cluster, value);
    if (pending.part.has_value()) row.parts[*pending.part][m].add(pending.group, pending.cluster, value);
  }
}

void Evaluator::show(Row& row, ItemIndex item) {
  if (raw(item) >= row.shown.size()) row.shown.resize(raw(item) + std::size_t{1});
  row.shown[raw(item)] = true;
  row.surprise += memory_.surprise(runner_.features().item_id(item));
  ++row.listed;
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
    std::snprintf(text, sizeof text, "%s %.4f", options_.metrics.front().name().c_str(),
                  served_.metrics.front().mean());
  }
  return text;
}

ReportRow Evaluator::report_row(const Row& row, bool with_lists) const {
  const auto values_of = [this](const std::vector<ClusteredMean>& means) {
    ReportRow result;
    for (std::size_t m = 0; m < means.size(); ++m) {
      const std::string name = options_.metrics[m].name();
      result.values.emplace_back(name, means[m].mean());
      result.values.emplace_back(name + "_se", means[m].standard_error());
    }
    return result;
  };
  ReportRow result = values_of(row.metrics);
  if (with_lists && row.listed > 0) {
    const std::string at = "@" + std::to_string(options_.list_length);
    const auto shown = static_cast<double>(std::count(row.shown.begin(), row.shown.end(), true));
    result.values.emplace_back("coverage" + at, shown / static_cast<double>(std::max<std::size_t>(memory_.items(), 1)));
    result.values.emplace_back("novelty" + at, row.surprise / static_cast<double>(row.listed));
  }
  for (std::size_t p = 0; p < options_.parts.size(); ++p) {
    result.parts.push_back({options_.parts[p], values_of(row.parts[p])});
  }
  return result;
}

EvaluationReport Evaluator::report() const {
  MILLRACE_CHECK(pending_.empty() && asked_ratings_.empty());
  EvaluationReport report;
  report.events = events_;
  report.trials = trials_ + ratings_.count();
  if (trials_ > 0) {
    report.served = report_row(served_, true);
    const std::vector<std::string>& names = runner_.learner_names();
    for (std::size_t i = 0; i < names.size(); ++i)
      report.learners.emplace_back(names[i], report_row(learners_[i], true));
    report.learners.emplace_back("running_popularity", report_row(floor_, false));
  }
  if (ratings_.count() > 0) {
    ratings_.report(report.served);
    ReportRow mean;
    ratings_.report_mean(mean);
    report.learners.emplace_back("running_mean", std::move(mean));
  }
  return report;
}

}  // namespace millrace
