#include "metrics/metrics.h"

#include <utility>

#include "metrics/metrics_state.h"
#include "metrics/process.h"

namespace millrace {

Metrics::Metrics(MetricsOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Metrics::~Metrics() = default;

void Metrics::records(TopicIndex topic, std::optional<KindIndex> kind, Outcome outcome, std::uint64_t count) {
  state_->registry.add(Metric::kRecords, record_labels(state_->topic(topic), state_->kind(kind), outcome), real(count));
}

void Metrics::dead_letters(TopicIndex topic, std::string_view reason, std::uint64_t count) {
  state_->registry.add(Metric::kDeadLetters, {{"topic", state_->topic(topic)}, {"reason", std::string(reason)}},
                       real(count));
}

void Metrics::evicted_users(std::uint64_t count) { state_->registry.add(Metric::kEvictedUsers, {}, real(count)); }
void Metrics::unknown_items(std::uint64_t events) { state_->registry.add(Metric::kUnknownItems, {}, real(events)); }
void Metrics::foreign_keys(std::uint64_t count) { state_->registry.add(Metric::kForeignKeys, {}, real(count)); }

void Metrics::catalogue_changes(Outcome outcome, std::uint64_t count) {
  state_->registry.add(Metric::kCatalogueChanges, {{"outcome", std::string(outcome_name(outcome))}}, real(count));
}

void Metrics::lag(std::span<const PartitionLag> partitions) {
  std::vector<std::pair<Labels, double>> series;
  for (const PartitionLag& each : partitions) {
    series.emplace_back(partition_labels(state_->topic(each.topic), raw(each.partition)),
                        static_cast<double>(each.records));
  }
  state_->registry.replace(Metric::kLag, series);
}

void Metrics::assigned(std::uint64_t partitions) {
  state_->registry.set(Metric::kAssignedPartitions, {}, real(partitions));
}

void Metrics::rebalance(RebalanceOutcome outcome) {
  state_->registry.add(Metric::kRebalances, {{"outcome", name_of(kRebalanceNames, outcome)}}, 1.0);
}

void Metrics::rewind() { state_->registry.add(Metric::kRewinds, {}, 1.0); }

void Metrics::moved_partition() { state_->registry.add(Metric::kMovedPartitions, {}, 1.0); }

void Metrics::rebuilding(std::uint64_t records) { state_->registry.set(Metric::kRebuilding, {}, real(records)); }

void Metrics::paused(PauseReason reason, bool paused) {
  state_->registry.set(Metric::kPaused, {{"reason", name_of(kPauseNames, reason)}}, paused ? 1.0 : 0.0);
}

void Metrics::stage(Stage stage, double seconds) {
  state_->registry.observe(Metric::kStepStageSeconds, {{"stage", name_of(kStageNames, stage)}}, seconds);
}

void Metrics::step(const StepReport& report) {
  Registry& registry = state_->registry;
  registry.set(Metric::kStep, {}, real(report.step));
  registry.add(Metric::kSteps, {}, 1.0);
  registry.observe(Metric::kStepSeconds, {}, report.seconds);
  registry.observe(Metric::kStepRecords, {}, real(report.records));
  registry.add(Metric::kCommitBytes, {}, real(report.commit_bytes));
  registry.add(Metric::kListsMade, {}, real(report.lists));
}

void Metrics::training(const TrainingReport& report) {
  Registry& registry = state_->registry;
  registry.set(Metric::kUntrainedExamples, {}, real(report.untrained_examples));
  registry.set(Metric::kReplays, {}, report.replays);
  registry.set(Metric::kDepth, {}, report.depth_ratio);
  registry.set(Metric::kRankedExamples, {}, report.ranked_examples);
  if (report.examples == 0) return;
  registry.add(Metric::kTrainingExamples, {}, real(report.examples));
  registry.add(Metric::kTrainingLoss, {}, report.loss_sum);
  state_->run_loss(report.loss_sum / real(report.examples), real(report.examples));
}

void Metrics::relearnt(std::uint64_t steps) { state_->registry.set(Metric::kRelearntSteps, {}, real(steps)); }

void Metrics::model_memory(std::uint64_t bytes) { state_->registry.set(Metric::kModelMemory, {}, real(bytes)); }

void Metrics::model_rows(std::string_view learner, std::uint64_t rows) {
  state_->registry.set(Metric::kModelRows, {{"learner", std::string(learner)}}, real(rows));
}

void Metrics::live(std::span<const LiveResult> results) {
  if (results.empty()) return;
  const auto sums = sum_live(results, state_->options.live_cutoff);
  state_->count_live(sums);
  state_->run_live(sums);
}

void Metrics::lists_published(std::uint64_t count) { state_->registry.add(Metric::kListsPublished, {}, real(count)); }

void Metrics::dead_letters_published(std::uint64_t count) {
  state_->registry.add(Metric::kDeadLettersPublished, {}, real(count));
}

void Metrics::delivery_failures(std::uint64_t count) {
  state_->registry.add(Metric::kDeliveryFailures, {}, real(count));
}

void Metrics::freshness(std::span<const Millis> delays) {
  for (const Millis delay : delays) {
    state_->registry.observe(Metric::kFreshness, {}, static_cast<double>(delay.count) / 1'000.0);
  }
}

void Metrics::queue(Queue queue, std::uint64_t messages, std::uint64_t bytes) {
  const Labels labels{{"stage", name_of(kQueueNames, queue)}};
  state_->registry.set(Metric::kQueueMessages, labels, real(messages));
  state_->registry.set(Metric::kQueueBytes, labels, real(bytes));
}

void Metrics::table(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  const Labels labels{{"table", std::string(table)}};
  state_->registry.set(Metric::kTableRows, labels, real(rows));
  state_->registry.set(Metric::kTableBytes, labels, real(bytes));
}

void Metrics::cache(Cache cache, const CacheReport& report) {
  const Labels labels{{"cache", name_of(kCacheNames, cache)}};
  state_->registry.follow(Metric::kCacheHits, labels, real(report.hits));
  state_->registry.follow(Metric::kCacheMisses, labels, real(report.misses));
  state_->registry.set(Metric::kCacheRows, labels, real(report.rows));
  state_->registry.set(Metric::kCacheBytes, labels, real(report.bytes));
}

void Metrics::disk_free(std::uint64_t bytes) { state_->registry.set(Metric::kDiskFree, {}, real(bytes)); }

void Metrics::client_restart(Client client) {
  state_->registry.add(Metric::kClientRestarts, {{"client", name_of(kClientNames, client)}}, 1.0);
}

void Metrics::client_statistics(Client client, const ClientStatistics& statistics) {
  Registry& registry = state_->registry;
  const Labels labels{{"client", name_of(kClientNames, client)}};
  registry.set(Metric::kKafkaQueueMessages, labels, static_cast<double>(statistics.queue_messages));
  registry.set(Metric::kKafkaQueueBytes, labels, static_cast<double>(statistics.queue_bytes));
  registry.follow(Metric::kKafkaSent, labels, static_cast<double>(statistics.sent_bytes));
  registry.follow(Metric::kKafkaReceived, labels, static_cast<double>(statistics.received_bytes));
  state_->brokers(labels.at("client"), statistics.brokers);
  if (client == Client::kConsumer) state_->fetch_queues(statistics.partitions);
  if (statistics.group) {
    registry.follow(Metric::kKafkaRebalances, {}, static_cast<double>(statistics.group->rebalances));
    registry.set(Metric::kKafkaAssignment, {}, static_cast<double>(statistics.group->assigned_partitions));
  }
}

void Metrics::ready(std::string_view check, bool passes) {
  state_->registry.set(Metric::kReady, {{"check", std::string(check)}}, passes ? 1.0 : 0.0);
}

std::string Metrics::text() const {
  const ProcessUsage usage = measure_process();
  Registry& registry = state_->registry;
  registry.set(Metric::kProcessMemory, {}, real(usage.resident_bytes));
  registry.follow(Metric::kProcessProcessor, {}, usage.processor_seconds);
  registry.set(Metric::kProcessFiles, {}, real(usage.open_files));
  registry.set(Metric::kProcessStart, {}, usage.start_seconds);
  return registry.text();
}

}  // namespace millrace
