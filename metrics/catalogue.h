// Every metric, declared once: name, type, labels and help. The registry exports exactly these, docs/operations.md
// lists exactly these, and dashboards and alerts may name only these (tests/metrics, tests/integration). One prefix,
// base units.
//
// Labels are bounded: topics, partitions, stages, tables and the like, never the id of a user, an item or an event.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

enum class Metric : std::uint8_t {
  kBuildInfo,
  kRecords,
  kDeadLetters,
  kForeignKeys,
  kCatalogueChanges,
  kEvictedUsers,
  kUnknownItems,
  kLag,
  kAssignedPartitions,
  kRebalances,
  kRewinds,
  kMovedPartitions,
  kRebuilding,
  kPaused,
  kReady,
  kStep,
  kSteps,
  kStepSeconds,
  kStepStageSeconds,
  kStepRecords,
  kCommitBytes,
  kUntrainedExamples,
  kRelearntSteps,
  kTrainingExamples,
  kTrainingLoss,
  kTrainingLossMean,
  kReplays,
  kDepth,
  kRankedExamples,
  kBusy,
  kEffortRecords,
  kEffortSeconds,
  kEffortTrials,
  kEffortHits,
  kModelMemory,
  kModelRows,
  kLiveCutoff,
  kLiveTrials,
  kLiveHits,
  kLiveReciprocalRank,
  kLiveGain,
  kLiveRecall,
  kLiveMrr,
  kLiveNdcg,
  kLearnerTrials,
  kLearnerHits,
  kLearnerReciprocalRank,
  kLearnerGain,
  kLearnerRecall,
  kLearnerMrr,
  kLearnerNdcg,
  kLearnerWeight,
  kLearnerChampion,
  kLearnerLead,
  kChampionChanges,
  kLearnerCredits,
  kRollbacks,
  kListsMade,
  kListsPublished,
  kDeadLettersPublished,
  kDeliveryFailures,
  kFreshness,
  kQueueMessages,
  kQueueBytes,
  kTableRows,
  kTableBytes,
  kCacheHits,
  kCacheMisses,
  kCacheRows,
  kCacheBytes,
  kDiskFree,
  kClientRestarts,
  kKafkaLag,
  kKafkaFetchQueueMessages,
  kKafkaFetchQueueBytes,
  kKafkaQueueMessages,
  kKafkaQueueBytes,
  kKafkaSent,
  kKafkaReceived,
  kKafkaConnected,
  kKafkaRoundTrip,
  kKafkaQueueLatency,
  kKafkaThrottle,
  kKafkaRebalances,
  kKafkaAssignment,
  kProcessMemory,
  kProcessProcessor,
  kProcessFiles,
  kProcessStart,
};

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

struct MetricDescription {
  Metric metric;
  MetricType type;
  std::string_view name;
  std::string_view labels;  // names, comma-separated, in the order of a row in the documentation; empty: one series
  std::string_view help;
  std::span<const double> buckets = {};  // upper bounds, histograms only
};

// In the order of Metric: all_metrics()[metric].metric == metric.
std::span<const MetricDescription> all_metrics();
const MetricDescription& describe(Metric metric);

}  // namespace millrace
