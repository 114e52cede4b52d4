#include "metrics/metrics_state.h"

#include <utility>
#include <vector>

namespace millrace {
namespace {

constexpr double kLossHalfLifeExamples = 10'000.0;
constexpr std::string_view kUnknownKind = "unknown";

const char* compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

}  // namespace

Labels partition_labels(const std::string& topic, std::int32_t partition) {
  return {{"topic", topic}, {"partition", std::to_string(partition)}};
}

Labels record_labels(const std::string& topic, const std::string& kind, Outcome outcome) {
  return {{"topic", topic}, {"kind", kind}, {"outcome", std::string(outcome_name(outcome))}};
}

Metrics::State::State(MetricsOptions given) : options(std::move(given)), loss_(kLossHalfLifeExamples) {
  show_build();
  show_records();
  show_fixed();
  show_live();
  show_learners();
}

std::string Metrics::State::kind(std::optional<KindIndex> index) const {
  return index ? options.kinds.at(*index).name : std::string(kUnknownKind);
}

void Metrics::State::show_build() {
  registry.set(Metric::kBuildInfo,
               {{"version", options.version},
                {"commit", options.commit.empty() ? "unknown" : options.commit},
                {"compiler", compiler()}},
               1.0);
  registry.set(Metric::kLiveCutoff, {}, real(options.live_cutoff));
}

void Metrics::State::show_records() {
  for (const std::string& topic_name : options.topics) {
    registry.add(Metric::kRecords, record_labels(topic_name, std::string(kUnknownKind), Outcome::kDeadLetter), 0.0);
    for (const Kind& each : options.kinds.all()) {
      for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
        registry.add(Metric::kRecords, record_labels(topic_name, each.name, static_cast<Outcome>(outcome)), 0.0);
      }
    }
  }
}

void Metrics::State::show_fixed() {
  for (const auto name : kRebalanceNames) registry.add(Metric::kRebalances, {{"outcome", std::string(name)}}, 0.0);
  for (const auto name : kPauseNames) registry.set(Metric::kPaused, {{"reason", std::string(name)}}, 0.0);
  for (const auto name : kClientNames) registry.add(Metric::kClientRestarts, {{"client", std::string(name)}}, 0.0);
  for (const auto outcome : {Outcome::kApplied, Outcome::kDeadLetter}) {
    registry.add(Metric::kCatalogueChanges, {{"outcome", std::string(outcome_name(outcome))}}, 0.0);
  }
}

void Metrics::State::show_live() {
  std::map<LiveSeries, LiveSums> nothing;
  for (const Kind& each : options.kinds.all()) {
    for (const auto audience : {kNewAudience, kReturningAudience}) {
      for (const auto learner : {kServedLearner, kPopularityLearner}) {
        for (const auto item : {kColdItem, kWarmItem}) {
          nothing[{learner, signal_name(each.signal), audience, item}] = {};
        }
      }
    }
  }
  count_live(nothing);
}

void Metrics::State::count_live(const std::map<LiveSeries, LiveSums>& sums) {
  for (const auto& [series, sum] : sums) {
    const auto& [learner, kind, audience, item] = series;
    Labels labels{{"kind", std::string(kind)}, {"audience", std::string(audience)}, {"item", std::string(item)}};
    // Every trial is one of both learners.
    if (learner == kServedLearner) registry.add(Metric::kLiveTrials, labels, sum.trials);
    labels["learner"] = std::string(learner);
    registry.add(Metric::kLiveHits, labels, sum.hits);
    registry.add(Metric::kLiveReciprocalRank, labels, sum.reciprocal_rank);
    registry.add(Metric::kLiveGain, labels, sum.gain);
  }
}

void Metrics::State::run_live(const std::map<LiveSeries, LiveSums>& sums) {
  const std::lock_guard lock(mutex_);
  live_means_.add(sums);
  for (const auto& [series, means] : live_means_.all()) {
    const Labels labels{{"learner", std::string(series.first)}, {"audience", std::string(series.second)}};
    registry.set(Metric::kLiveRecall, labels, means.recall.value());
    registry.set(Metric::kLiveMrr, labels, means.mrr.value());
    registry.set(Metric::kLiveNdcg, labels, means.ndcg.value());
  }
}

void Metrics::State::brokers(const std::string& client, std::span<const BrokerStatistics> brokers) {
  for (const BrokerStatistics& each : brokers) {
    const Labels labels{{"client", client}, {"broker", each.broker}};
    registry.set(Metric::kKafkaConnected, labels, each.connected ? 1.0 : 0.0);
    window(Metric::kKafkaRoundTrip, labels, each.round_trip);
    window(Metric::kKafkaQueueLatency, labels, each.queue);
    window(Metric::kKafkaThrottle, labels, each.throttle);
  }
}

void Metrics::State::window(Metric metric, Labels labels, const LatencyWindow& values) {
  labels["statistic"] = "mean";
  registry.set(metric, labels, values.mean_seconds);
  labels["statistic"] = "p99";
  registry.set(metric, labels, values.p99_seconds);
}

void Metrics::State::fetch_queues(std::span<const PartitionStatistics> partitions) {
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

void Metrics::State::run_loss(double mean, double examples) {
  const std::lock_guard lock(mutex_);
  loss_.add(mean, examples);
  registry.set(Metric::kTrainingLossMean, {}, loss_.value());
}

}  // namespace millrace
