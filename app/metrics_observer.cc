#include "app/metrics_observer.h"

#include <algorithm>
#include <utility>

#include "model/serve/lineup.h"

namespace millrace {
namespace {

RebalanceOutcome outcome_of(Rebalance what) {
  switch (what) {
    case Rebalance::kAssigned:
      return RebalanceOutcome::kAssigned;
    case Rebalance::kRevoked:
      return RebalanceOutcome::kRevoked;
    case Rebalance::kLost:
      break;
  }
  return RebalanceOutcome::kLost;
}

PauseReason reason_of(Pause why) {
  switch (why) {
    case Pause::kBacklog:
      return PauseReason::kBacklog;
    case Pause::kDisk:
      return PauseReason::kDisk;
    case Pause::kDeadLetters:
      break;
  }
  return PauseReason::kDeadLetters;
}

Check check_of(Readiness readiness) {
  switch (readiness) {
    case Readiness::kAssigned:
      return Check::kAssigned;
    case Readiness::kRestored:
      return Check::kRestored;
    case Readiness::kRunning:
      return Check::kRunning;
    case Readiness::kDisk:
      break;
  }
  return Check::kDisk;
}

Client client_of(KafkaClient client) {
  switch (client) {
    case KafkaClient::kConsumer:
      return Client::kConsumer;
    case KafkaClient::kProducer:
      return Client::kProducer;
    case KafkaClient::kReader:
      break;
  }
  return Client::kReader;
}

EffortLevel level_of(const Effort& effort, const EffortSettings& settings) {
  if (effort.replays > settings.replays_max) return EffortLevel::kIdle;
  if (effort.replays == settings.replays_max && effort.depth_percent == 100) return EffortLevel::kFull;
  const bool least = effort.replays == settings.replays_min && effort.depth_percent == settings.depth_min_percent;
  return least ? EffortLevel::kLeast : EffortLevel::kSome;
}

CacheReport report_of(const CacheStatistics& cache) {
  return {.hits = cache.hits, .misses = cache.misses, .rows = cache.rows, .bytes = cache.bytes};
}

}  // namespace

MetricsOptions metrics_options(const Config& config, std::string version, std::string commit) {
  MetricsOptions options{.version = std::move(version),
                         .commit = std::move(commit),
                         .topics = {},
                         .kinds = config.kinds,
                         .live_cutoff = config.lists.length,
                         .learners = configured_learners(config.model)};
  for (const InputTopic& topic : config.ingest.topics) options.topics.push_back(topic.name);
  return options;
}

MetricsObserver::MetricsObserver(Metrics& metrics, Health& health, EffortSettings effort)
    : metrics_(metrics), health_(health), effort_(effort) {
  for (const Check check : {Check::kAssigned, Check::kRestored, Check::kRunning, Check::kDisk}) {
    metrics_.ready(check_name(check), false);
  }
}

void MetricsObserver::on_beat() { health_.beat(); }

void MetricsObserver::on_relearnt(std::uint64_t steps) { metrics_.relearnt(steps); }

void MetricsObserver::on_step(const StepObservation& step) {
  ingested(step);
  timed(step);
  metrics_.step({.step = step.step,
                 .records = step.records,
                 .lists = step.lists,
                 .commit_bytes = step.commit_bytes,
                 .seconds = step.seconds.total});
  metrics_.training({.untrained_examples = step.learnt.untrained_examples,
                     .examples = step.learnt.trained_examples,
                     .loss_sum = step.learnt.loss_sum,
                     .replays = step.effort.replays,
                     .depth_ratio = step.effort.depth_percent / 100.0,
                     .ranked_examples = step.effort.ranked_examples});
  trials(step.trials);
  learners(step);
  effort(step);
}

void MetricsObserver::ingested(const StepObservation& step) {
  for (const auto& [what, count] : step.ingested.counts) metrics_.records(what.topic, what.kind, what.outcome, count);
  for (const auto& [where, count] : step.ingested.dead_letter_reasons) {
    metrics_.dead_letters(where.first, where.second, count);
  }
  metrics_.foreign_keys(step.ingested.foreign_keys);
  metrics_.catalogue_changes(Outcome::kApplied, step.catalogue_changes);
  metrics_.catalogue_changes(Outcome::kDeadLetter, step.catalogue_dead_letters);
  metrics_.evicted_users(step.users_gone);
  metrics_.unknown_items(step.items_unknown);
}

void MetricsObserver::timed(const StepObservation& step) {
  metrics_.stage(Stage::kDecode, step.seconds.ingest);
  metrics_.stage(Stage::kFeatures, step.seconds.features);
  metrics_.stage(Stage::kStore, step.seconds.store);
  metrics_.stage(Stage::kModel, step.seconds.model);
  metrics_.stage(Stage::kLists, step.seconds.lists);
  metrics_.stage(Stage::kPublish, step.seconds.publish);
}

void MetricsObserver::trials(std::span<const LiveTrial> trials) {
  std::vector<LiveResult> results;
  results.reserve(trials.size());
  for (const LiveTrial& trial : trials) {
    results.push_back({trial.signal, trial.rank, trial.popularity_rank, trial.returning, trial.cold});
    if (!trial.learner.empty()) metrics_.learner_credits(trial.learner, 1);
  }
  metrics_.live(results);
}

void MetricsObserver::learners(const StepObservation& step) {
  if (step.contest == nullptr) return;
  const Contest& contest = *step.contest;
  std::vector<LearnerStanding> standings;
  for (std::size_t i = 0; i < contest.learners().size(); ++i) {
    const Interval lead = contest.lead(i);
    standings.push_back(
        {contest.learners()[i], contest.weight(i), i == contest.champion(), lead.low, lead.mean, lead.high});
  }
  metrics_.learner_standings(standings);
  metrics_.champion_changes(contest.champion_changes() - champion_changes_.value_or(contest.champion_changes()));
  champion_changes_ = contest.champion_changes();
  std::vector<LearnerResult> results;
  for (const LearnerTrial& trial : step.learnt.trials) {
    LearnerResult& result = results.emplace_back();
    result.returning = trial.returning;
    result.cold = trial.cold;
    for (const Place place : trial.places) {
      result.ranks.push_back(place == kMissed ? std::nullopt : std::optional<std::size_t>(place));
    }
  }
  if (!results.empty()) metrics_.learner_results(results);
  for (const auto& [learner, ever] : step.rollbacks) {
    const auto& collapsed = step.learnt.collapsed;
    metrics_.rollbacks(learner, static_cast<std::uint64_t>(std::count(collapsed.begin(), collapsed.end(), learner)));
  }
}

void MetricsObserver::effort(const StepObservation& step) {
  EffortReport report{level_of(step.effort, effort_), step.records, step.seconds.total, 0, 0, step.busy};
  report.trials = step.learnt.trials.size();
  if (step.contest != nullptr) {
    const std::size_t champion = step.contest->champion();
    report.hits = static_cast<std::uint64_t>(
        std::count_if(step.learnt.trials.begin(), step.learnt.trials.end(),
                      [champion](const LearnerTrial& trial) { return trial.places[champion] != kMissed; }));
  }
  metrics_.effort(report);
}

void MetricsObserver::on_delivered(const Delivered& delivered) {
  metrics_.lists_published(delivered.lists);
  metrics_.dead_letters_published(delivered.dead_letters);
  metrics_.delivery_failures(delivered.failed);
  metrics_.freshness(delivered.freshness);
}

void MetricsObserver::on_state(const StateObservation& state) {
  std::vector<PartitionLag> lag;
  for (const auto& [where, records] : state.lag) lag.push_back({where.topic, where.partition, records});
  metrics_.lag(lag);
  metrics_.cache(Cache::kUsers, report_of(state.users));
  metrics_.cache(Cache::kItems, report_of(state.items));
  metrics_.queue(Queue::kPublish, state.publish_messages, state.publish_bytes);
  metrics_.rebuilding(state.rebuilding_records);
  metrics_.model_memory(state.model_bytes);
  for (const auto& [learner, rows] : state.model_rows) metrics_.model_rows(learner, rows);
  for (const auto& [table, size] : state.table_sizes) metrics_.table(table_name(table), size.rows, size.bytes);
  if (state.disk_free_bytes > 0) metrics_.disk_free(state.disk_free_bytes);
  client(Client::kConsumer, state.consumer_statistics);
  client(Client::kProducer, state.producer_statistics);
}

// Statistics are for watching only: a report that cannot be read is left out.
void MetricsObserver::client(Client client, const std::string& statistics) {
  if (statistics.empty()) return;
  const auto parsed = parse_client_statistics(statistics);
  if (!parsed.ok()) return;
  metrics_.client_statistics(client, *parsed);
  if (client != Client::kConsumer) return;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  for (const PartitionStatistics& partition : parsed->partitions) {
    messages += static_cast<std::uint64_t>(partition.fetch_queue_messages);
    bytes += static_cast<std::uint64_t>(partition.fetch_queue_bytes);
  }
  metrics_.queue(Queue::kIngest, messages, bytes);
}

void MetricsObserver::on_rebalance(Rebalance what, std::size_t partitions) {
  metrics_.rebalance(outcome_of(what));
  metrics_.assigned(what == Rebalance::kAssigned ? partitions : 0);
  if (what != Rebalance::kAssigned) metrics_.lag({});
}

void MetricsObserver::on_rewind(TopicPartition /*partition*/, std::int64_t /*records*/) { metrics_.rewind(); }

void MetricsObserver::on_moved(TopicPartition /*partition*/, std::int64_t /*records*/) { metrics_.moved_partition(); }

void MetricsObserver::on_store_rewound() { metrics_.rewind(); }

void MetricsObserver::on_paused(Pause why, bool paused) { metrics_.paused(reason_of(why), paused); }

void MetricsObserver::on_ready(Readiness check, bool passes, std::string_view detail) {
  health_.set(check_of(check), passes, std::string(detail));
  metrics_.ready(check_name(check_of(check)), passes);
}

void MetricsObserver::on_client_restart(KafkaClient client) { metrics_.client_restart(client_of(client)); }

}  // namespace millrace
