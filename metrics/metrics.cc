#include "metrics/metrics.h"

#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "metrics/process.h"
#include "metrics/registry.h"
#include "metrics/running_mean.h"

namespace millrace {
namespace {

constexpr double kLossHalfLifeExamples = 10'000.0;
constexpr std::array<std::string_view, 6> kStages{"decode", "features", "store", "model", "lists", "publish"};
constexpr std::array<std::string_view, 3> kRebalances{"assigned", "revoked", "lost"};
constexpr std::array<std::string_view, 3> kPauseReasons{"backlog", "disk", "dead_letters"};
constexpr std::array<std::string_view, 2> kCaches{"users", "items"};
constexpr std::array<std::string_view, 2> kQueues{"ingest", "publish"};
constexpr std::array<std::string_view, 3> kClients{"consumer", "producer", "reader"};
constexpr std::string_view kUnknownKind = "unknown";

template <class Enum, std::size_t N>
std::string name_of(const std::array<std::string_view, N>& names, Enum value) {
  return std::string(names[static_cast<std::size_t>(value)]);
}

double real(std::uint64_t count) { return static_cast<double>(count); }

Labels partition_labels(const std::string& topic, std::int32_t partition) {
  return {{"topic", topic}, {"partition", std::to_string(partition)}};
}

const char* compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

struct Metrics::State {
  explicit State(MetricsOptions given) : options(std::move(given)) {}

  MetricsOptions options;
  Registry registry;
  std::mutex mutex;  // guards the running means
  RunningMean loss{kLossHalfLifeExamples};
  LiveMeans live_means;

  const std::string& topic(TopicIndex index) const { return options.topics.at(raw(index)); }

  std::string kind(std::optional<KindIndex> index) const {
    return index ? options.kinds.at(*index).name : std::string(kUnknownKind);
  }

  // Rates need a first value to grow from: what is known from the configuration shows with 0.
  void show_records() {
    for (const std::string& topic_name : options.topics) {
      registry.add(Metric::kRecords, record_labels(topic_name, std::string(kUnknownKind), Outcome::kDeadLetter), 0.0);
      for (const Kind& each : options.kinds.all()) {
        for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
          registry.add(Metric::kRecords, record_labels(topic_name, each.name, static_cast<Outcome>(outcome)), 0.0);
        }
      }
    }
  }

  void show_fixed() {
    for (const auto name : kRebalances) registry.add(Metric::kRebalances, {{"outcome", std::string(name)}}, 0.0);
    for (const auto name : kPauseReasons) registry.set(Metric::kPaused, {{"reason", std::string(name)}}, 0.0);
    for (const auto name : kClients) registry.add(Metric::kClientRestarts, {{"client", std::string(name)}}, 0.0);
    for (const auto outcome : {Outcome::kApplied, Outcome::kDeadLetter}) {
      registry.add(Metric::kCatalogueChanges, {{"outcome", std::string(outcome_name(outcome))}}, 0.0);
    }
  }

  void show_live() {
    std::map<LiveSeries, LiveSums> nothing;
    for (const Kind& each : options.kinds.all()) {
      for (const auto audience : {kNewAudience, kReturningAudience}) {
        for (const auto learner : {kServedLearner, kPopularityLearner}) {
          nothing[{learner, signal_name(each.signal), audience}] = {};
        }
      }
    }
    count_live(nothing);
  }

  static Labels record_labels(const std::string& topic, const std::string& kind, Outcome outcome) {
    return {{"topic", topic}, {"kind", kind}, {"outcome", std::string(outcome_name(outcome))}};
  }

  void count_live(const std::map<LiveSeries, LiveSums>& sums) {
    for (const auto& [series, sum] : sums) {
      const auto& [learner, kind, audience] = series;
      Labels labels{{"kind", std::string(kind)}, {"audience", std::string(audience)}};
      // Every trial is one of both learners.
      if (learner == kServedLearner) registry.add(Metric::kLiveTrials, labels, sum.trials);
      labels["learner"] = std::string(learner);
      registry.add(Metric::kLiveHits, labels, sum.hits);
      registry.add(Metric::kLiveReciprocalRank, labels, sum.reciprocal_rank);
      registry.add(Metric::kLiveGain, labels, sum.gain);
    }
  }

  void run_live(const std::map<LiveSeries, LiveSums>& sums) {
    const std::lock_guard lock(mutex);
    live_means.add(sums);
    for (const auto& [series, means] : live_means.all()) {
      const Labels labels{{"learner", std::string(series.first)}, {"audience", std::string(series.second)}};
      registry.set(Metric::kLiveRecall, labels, means.recall.value());
      registry.set(Metric::kLiveMrr, labels, means.mrr.value());
      registry.set(Metric::kLiveNdcg, labels, means.ndcg.value());
    }
  }

  void brokers(const std::string& client, std::span<const BrokerStatistics> brokers) {
    for (const BrokerStatistics& each : brokers) {
      const Labels labels{{"client", client}, {"broker", each.broker}};
      registry.set(Metric::kKafkaConnected, labels, each.connected ? 1.0 : 0.0);
      window(Metric::kKafkaRoundTrip, labels, each.round_trip);
      window(Metric::kKafkaQueueLatency, labels, each.queue);
      window(Metric::kKafkaThrottle, labels, each.throttle);
    }
  }

  void window(Metric metric, Labels labels, const LatencyWindow& values) {
    labels["statistic"] = "mean";
    registry.set(metric, labels, values.mean_seconds);
    labels["statistic"] = "p99";
    registry.set(metric, labels, values.p99_seconds);
  }

  void fetch_queues(std::span<const PartitionStatistics> partitions) {
    std::vector<std::pair<Labels, double>> lags, messages, bytes;
    for (const PartitionStatistics& each : partitions) {
      const Labels labels = partition_labels(each.topic, each.partition);
      if (each.lag_records) lags.emplace_back(labels, static_cast<double>(*each.lag_records));
      messages.emplace_back(labels, static_cast<double>(each.fetch_queue_messages));
      bytes.emplace_back(labels, static_cast<double>(each.fetch_queue_bytes));
    }
    registry.replace(Metric::kKafkaLag, lags);
    registry.replace(Metric::kKafkaFetchQueueMessages, messages);
    registry.replace(Metric::kKafkaFetchQueueBytes, bytes);
  }
};

Metrics::Metrics(MetricsOptions options) : state_(std::make_unique<State>(std::move(options))) {
  const MetricsOptions& known = state_->options;
  state_->registry.set(Metric::kBuildInfo,
                       {{"version", known.version},
                        {"commit", known.commit.empty() ? "unknown" : known.commit},
                        {"compiler", compiler()}},
                       1.0);
  state_->registry.set(Metric::kLiveCutoff, {}, real(known.live_cutoff));
  state_->show_records();
  state_->show_fixed();
  state_->show_live();
}

Metrics::~Metrics() = default;

void Metrics::records(TopicIndex topic, std::optional<KindIndex> kind, Outcome outcome, std::uint64_t count) {
  state_->registry.add(Metric::kRecords, State::record_labels(state_->topic(topic), state_->kind(kind), outcome),
                       real(count));
}

void Metrics::dead_letters(TopicIndex topic, std::string_view reason, std::uint64_t count) {
  state_->registry.add(Metric::kDeadLetters, {{"topic", state_->topic(topic)}, {"reason", std::string(reason)}},
                       real(count));
}

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
  state_->registry.set(Metric::kAssignedPartitions, {}, real(partitions.size()));
}

void Metrics::rebalance(RebalanceOutcome outcome) {
  state_->registry.add(Metric::kRebalances, {{"outcome", name_of(kRebalances, outcome)}}, 1.0);
}

void Metrics::rewind() { state_->registry.add(Metric::kRewinds, {}, 1.0); }

void Metrics::paused(PauseReason reason, bool paused) {
  state_->registry.set(Metric::kPaused, {{"reason", name_of(kPauseReasons, reason)}}, paused ? 1.0 : 0.0);
}

void Metrics::stage(Stage stage, double seconds) {
  state_->registry.observe(Metric::kStepStageSeconds, {{"stage", name_of(kStages, stage)}}, seconds);
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
  registry.set(Metric::kModelStep, {}, real(report.model_step));
  registry.set(Metric::kReplays, {}, report.replays);
  registry.set(Metric::kRankedExamples, {}, report.ranked_examples);
  if (report.examples == 0) return;
  registry.add(Metric::kTrainingExamples, {}, real(report.examples));
  registry.add(Metric::kTrainingLoss, {}, report.loss_sum);
  const std::lock_guard lock(state_->mutex);
  state_->loss.add(report.loss_sum / real(report.examples), real(report.examples));
  registry.set(Metric::kTrainingLossMean, {}, state_->loss.value());
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
  const Labels labels{{"stage", name_of(kQueues, queue)}};
  state_->registry.set(Metric::kQueueMessages, labels, real(messages));
  state_->registry.set(Metric::kQueueBytes, labels, real(bytes));
}

void Metrics::table(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  const Labels labels{{"table", std::string(table)}};
  state_->registry.set(Metric::kTableRows, labels, real(rows));
  state_->registry.set(Metric::kTableBytes, labels, real(bytes));
}

void Metrics::cache(Cache cache, const CacheReport& report) {
  const Labels labels{{"cache", name_of(kCaches, cache)}};
  state_->registry.follow(Metric::kCacheHits, labels, real(report.hits));
  state_->registry.follow(Metric::kCacheMisses, labels, real(report.misses));
  state_->registry.set(Metric::kCacheRows, labels, real(report.rows));
  state_->registry.set(Metric::kCacheBytes, labels, real(report.bytes));
}

void Metrics::disk_free(std::uint64_t bytes) { state_->registry.set(Metric::kDiskFree, {}, real(bytes)); }

void Metrics::client_restart(Client client) {
  state_->registry.add(Metric::kClientRestarts, {{"client", name_of(kClients, client)}}, 1.0);
}

void Metrics::client_statistics(Client client, const ClientStatistics& statistics) {
  Registry& registry = state_->registry;
  const Labels labels{{"client", name_of(kClients, client)}};
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
