// The learners that run side by side, and what effort buys, as metrics.
#include <array>
#include <map>
#include <utility>

#include "metrics/metrics.h"
#include "metrics/metrics_state.h"

namespace millrace {
namespace {

constexpr std::array kAudiences{kNewAudience, kReturningAudience};
constexpr std::array kItems{kColdItem, kWarmItem};

Labels learner_label(std::string_view learner) { return {{"learner", std::string(learner)}}; }

}  // namespace

void Metrics::State::show_learners() {
  learner_means_.resize(options.learners.size());
  for (const auto level : kEffortNames) {
    const Labels labels{{"effort", std::string(level)}};
    for (const Metric metric :
         {Metric::kEffortRecords, Metric::kEffortSeconds, Metric::kEffortTrials, Metric::kEffortHits}) {
      registry.add(metric, labels, 0.0);
    }
  }
  for (const std::string& learner : options.learners)
    registry.add(Metric::kLearnerCredits, learner_label(learner), 0.0);
  std::vector<LearnerResult> nothing;
  count_learners(nothing);
}

// Every series, so that rates have a first value to grow from.
void Metrics::State::count_learners(std::span<const LearnerResult> results) {
  for (const auto audience : kAudiences) {
    for (const auto item : kItems) {
      Labels labels{{"audience", std::string(audience)}, {"item", std::string(item)}};
      std::vector<LiveSums> sums(options.learners.size());
      double trials = 0.0;
      for (const LearnerResult& result : results) {
        const bool here = result.returning == (audience == kReturningAudience) && result.cold == (item == kColdItem);
        if (!here) continue;
        trials += 1.0;
        for (std::size_t i = 0; i < sums.size(); ++i) count_rank(sums[i], result.ranks.at(i), options.live_cutoff);
      }
      registry.add(Metric::kLearnerTrials, labels, trials);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        labels["learner"] = options.learners[i];
        registry.add(Metric::kLearnerHits, labels, sums[i].hits);
        registry.add(Metric::kLearnerReciprocalRank, labels, sums[i].reciprocal_rank);
        registry.add(Metric::kLearnerGain, labels, sums[i].gain);
      }
    }
  }
  if (!results.empty()) run_learners(results);
}

void Metrics::State::run_learners(std::span<const LearnerResult> results) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < options.learners.size(); ++i) {
    LiveSums sums;
    for (const LearnerResult& result : results) count_rank(sums, result.ranks.at(i), options.live_cutoff);
    LiveMeans::Means& means = learner_means_[i];
    means.recall.add(sums.hits / sums.trials, sums.trials);
    means.mrr.add(sums.reciprocal_rank / sums.trials, sums.trials);
    means.ndcg.add(sums.gain / sums.trials, sums.trials);
    const Labels labels = learner_label(options.learners[i]);
    registry.set(Metric::kLearnerRecall, labels, means.recall.value());
    registry.set(Metric::kLearnerMrr, labels, means.mrr.value());
    registry.set(Metric::kLearnerNdcg, labels, means.ndcg.value());
  }
}

void Metrics::State::show_standing(const LearnerStanding& standing) {
  Labels labels = learner_label(standing.learner);
  registry.set(Metric::kLearnerWeight, labels, standing.weight);
  registry.set(Metric::kLearnerChampion, labels, standing.champion ? 1.0 : 0.0);
  for (const auto& [bound, value] : {std::pair<const char*, double>{"low", standing.lead_low},
                                     {"mean", standing.lead},
                                     {"high", standing.lead_high}}) {
    labels["bound"] = bound;
    registry.set(Metric::kLearnerLead, labels, value);
  }
}

void Metrics::effort(const EffortReport& report) {
  Registry& registry = state_->registry;
  const Labels labels{{"effort", name_of(kEffortNames, report.level)}};
  registry.add(Metric::kEffortRecords, labels, real(report.records));
  registry.add(Metric::kEffortSeconds, labels, report.seconds);
  registry.add(Metric::kEffortTrials, labels, real(report.trials));
  registry.add(Metric::kEffortHits, labels, real(report.hits));
  registry.set(Metric::kBusy, {}, report.busy);
}

void Metrics::learner_results(std::span<const LearnerResult> results) { state_->count_learners(results); }

void Metrics::learner_standings(std::span<const LearnerStanding> standings) {
  for (const LearnerStanding& standing : standings) state_->show_standing(standing);
}

void Metrics::champion_changes(std::uint64_t count) { state_->registry.add(Metric::kChampionChanges, {}, real(count)); }

void Metrics::learner_credits(std::string_view learner, std::uint64_t count) {
  state_->registry.add(Metric::kLearnerCredits, learner_label(learner), real(count));
}

void Metrics::rollbacks(std::string_view learner, std::uint64_t count) {
  state_->registry.add(Metric::kRollbacks, learner_label(learner), real(count));
}

}  // namespace millrace
