#include "metrics/catalogue.h"

#include <array>
#include <cstddef>

namespace millrace {
namespace {

// The freshness objectives of docs/operations.md (100 ms, 250 ms, 1 s) are bounds, so that their shares are exact.
constexpr std::array kFreshnessSeconds{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0};
constexpr std::array kWorkSeconds{.0001, .00025, .0005, .001, .0025, .005, .01, .025,
                                  .05,   .1,     .25,   .5,   1.0,   2.5,  5.0, 10.0};
constexpr std::array kRecordCounts{1.0,   2.0,   5.0,     10.0,    20.0,    50.0,    100.0,
                                   200.0, 500.0, 1'000.0, 2'000.0, 5'000.0, 10'000.0};

constexpr MetricDescription counter(Metric metric, std::string_view name, std::string_view labels,
                                    std::string_view help) {
  return {metric, MetricType::kCounter, name, labels, help};
}

constexpr MetricDescription gauge(Metric metric, std::string_view name, std::string_view labels,
                                  std::string_view help) {
  return {metric, MetricType::kGauge, name, labels, help};
}

constexpr MetricDescription histogram(Metric metric, std::string_view name, std::string_view labels,
                                      std::string_view help, std::span<const double> buckets) {
  return {metric, MetricType::kHistogram, name, labels, help, buckets};
}

constexpr std::array kAll{
    gauge(Metric::kBuildInfo, "millrace_build_info", "version,commit,compiler", "Always 1; the labels name the build."),

    counter(Metric::kRecords, "millrace_records_total", "topic,kind,outcome",
            "Records read from the event topics by what became of them; each ends with exactly one outcome."),
    counter(Metric::kDeadLetters, "millrace_dead_letters_total", "topic,reason",
            "Records that could not be events, by reason."),
    counter(Metric::kForeignKeys, "millrace_foreign_key_records_total", "",
            "Records whose Kafka key is not the user that their payload names."),
    counter(Metric::kCatalogueChanges, "millrace_catalogue_changes_total", "outcome",
            "Records of the items topic: applied, or dead_letter."),
    counter(Metric::kEvictedUsers, "millrace_evicted_users_total", "",
            "Users forgotten to make room for new ones (features.max_users)."),
    counter(Metric::kUnknownItems, "millrace_unknown_item_events_total", "",
            "Applied events whose item is not learnt, because features.max_items are known."),
    gauge(Metric::kLag, "millrace_lag_records", "topic,partition",
          "Records of an assigned partition that are not yet applied."),
    gauge(Metric::kAssignedPartitions, "millrace_assigned_partitions", "", "Partitions that this instance owns."),
    counter(Metric::kRebalances, "millrace_rebalances_total", "outcome",
            "Changes of the assignment: assigned, revoked, or lost to another instance."),
    counter(Metric::kRewinds, "millrace_rewinds_total", "",
            "Partitions whose stored offset was behind the group's committed one, and stores whose newest acknowledged "
            "commits were missing; the difference is applied again."),
    counter(Metric::kMovedPartitions, "millrace_moved_partitions_total", "",
            "Partitions that came from another instance's state directory."),
    gauge(Metric::kRebuilding, "millrace_rebuilding_records", "",
          "Records to apply until the users of partitions that came without their state are served."),
    gauge(Metric::kPaused, "millrace_paused", "reason", "1 while reading is paused for this reason."),
    gauge(Metric::kReady, "millrace_ready", "check", "1 while this check of /readyz passes."),

    gauge(Metric::kStep, "millrace_step", "", "Number of the last committed step."),
    counter(Metric::kSteps, "millrace_steps_total", "", "Steps committed since the start of the process."),
    histogram(Metric::kStepSeconds, "millrace_step_seconds", "",
              "Time of one step, from its records to the end of its training.", kWorkSeconds),
    histogram(Metric::kStepStageSeconds, "millrace_step_stage_seconds", "stage", "Time of one stage of one step.",
              kWorkSeconds),
    histogram(Metric::kStepRecords, "millrace_step_records", "", "Records consumed by one step.", kRecordCounts),
    counter(Metric::kCommitBytes, "millrace_commit_bytes_total", "",
            "Bytes of keys and values committed with steps; checkpoints go in as files."),

    gauge(Metric::kUntrainedExamples, "millrace_untrained_examples", "",
          "Examples that the training before the newest step left over for a later mini-batch; everything else learns "
          "within the step."),
    gauge(Metric::kRelearntSteps, "millrace_relearnt_steps", "",
          "Steps learnt again from the example log when the process started."),
    counter(Metric::kTrainingExamples, "millrace_training_examples_total", "",
            "Examples trained on, replayed ones included."),
    counter(Metric::kTrainingLoss, "millrace_training_loss_total", "",
            "Sum of the training loss over millrace_training_examples_total."),
    gauge(Metric::kTrainingLossMean, "millrace_training_loss", "",
          "Training loss an example, running mean of recent steps."),
    gauge(Metric::kReplays, "millrace_replays", "", "Replayed examples for each fresh one, as last decided."),
    gauge(Metric::kDepth, "millrace_depth_ratio", "",
          "Share of the candidates that is looked at, as last decided; of the session memory its cube."),
    gauge(Metric::kRankedExamples, "millrace_ranked_examples", "",
          "Examples of a step that are ranked before they are learnt, as last decided."),
    gauge(Metric::kBusy, "millrace_busy_ratio", "", "Share of the last ten seconds or so that steps took."),
    counter(Metric::kEffortRecords, "millrace_effort_records_total", "effort",
            "Records of steps, by the effort of the step: least, some, full, or idle for more than full."),
    counter(Metric::kEffortSeconds, "millrace_effort_seconds_total", "effort",
            "Time of steps, by the effort of the step."),
    counter(Metric::kEffortTrials, "millrace_effort_trials_total", "effort",
            "Examples ranked before they were learnt, by the effort of the step."),
    counter(Metric::kEffortHits, "millrace_effort_hits_total", "effort",
            "Those of them whose item stood among the first k of the champion's list."),
    gauge(Metric::kModelMemory, "millrace_model_memory_bytes", "", "Memory held by the model's parameters and state."),
    gauge(Metric::kModelRows, "millrace_model_rows", "learner", "Rows of a learner's tables."),

    gauge(Metric::kLiveCutoff, "millrace_live_cutoff_items", "", "k of the live measures: items of a list that count."),
    counter(Metric::kLiveTrials, "millrace_live_trials_total", "kind,audience,item",
            "Events that ask how good lists are; returning users had a list before the event, new users none yet; cold "
            "items had at most ten events."),
    counter(Metric::kLiveHits, "millrace_live_hits_total", "learner,kind,audience,item",
            "Trials whose item stood among the first k; over trials this is recall@k."),
    counter(Metric::kLiveReciprocalRank, "millrace_live_reciprocal_rank_total", "learner,kind,audience,item",
            "Sum of 1/rank of hits; over trials this is MRR@k."),
    counter(Metric::kLiveGain, "millrace_live_gain_total", "learner,kind,audience,item",
            "Sum of 1/log2(rank + 1) of hits; over trials this is NDCG@k."),
    gauge(Metric::kLiveRecall, "millrace_live_recall", "learner,audience", "Recall@k, running mean of recent trials."),
    gauge(Metric::kLiveMrr, "millrace_live_mrr", "learner,audience", "MRR@k, running mean of recent trials."),
    gauge(Metric::kLiveNdcg, "millrace_live_ndcg", "learner,audience", "NDCG@k, running mean of recent trials."),

    counter(
        Metric::kLearnerTrials, "millrace_learner_trials_total", "audience,item",
        "Examples that every learner ranked before it learnt them; new users had no history, cold items at most ten "
        "events."),
    counter(Metric::kLearnerHits, "millrace_learner_hits_total", "learner,audience,item",
            "Trials whose item stood among the first k of this learner's list."),
    counter(Metric::kLearnerReciprocalRank, "millrace_learner_reciprocal_rank_total", "learner,audience,item",
            "Sum of 1/rank of this learner's hits."),
    counter(Metric::kLearnerGain, "millrace_learner_gain_total", "learner,audience,item",
            "Sum of 1/log2(rank + 1) of this learner's hits."),
    gauge(Metric::kLearnerRecall, "millrace_learner_recall", "learner", "Recall@k, running mean of recent trials."),
    gauge(Metric::kLearnerMrr, "millrace_learner_mrr", "learner", "MRR@k, running mean of recent trials."),
    gauge(Metric::kLearnerNdcg, "millrace_learner_ndcg", "learner", "NDCG@k, running mean of recent trials."),
    gauge(Metric::kLearnerWeight, "millrace_learner_weight", "learner", "Weight in a mixture of all learners (Hedge)."),
    gauge(Metric::kLearnerChampion, "millrace_learner_champion", "learner", "1 for the champion, else 0."),
    gauge(Metric::kLearnerLead, "millrace_learner_lead", "learner,bound",
          "NDCG@k less the champion's: mean, and low and high end of its confidence interval."),
    counter(Metric::kChampionChanges, "millrace_champion_changes_total", "", "Times that another learner took over."),
    counter(Metric::kLearnerCredits, "millrace_learner_credits_total", "learner",
            "Events whose item this learner had put into the user's list (served: champion, mixture or interleave)."),
    counter(Metric::kRollbacks, "millrace_rollbacks_total", "learner",
            "Times that a learner collapsed and was rolled back to its last good checkpoint."),

    counter(Metric::kListsMade, "millrace_lists_made_total", "", "Lists made by committed steps."),
    counter(Metric::kListsPublished, "millrace_lists_published_total", "",
            "Lists whose delivery Kafka has acknowledged; a list overtaken by a newer one is not sent."),
    counter(Metric::kDeadLettersPublished, "millrace_dead_letters_published_total", "",
            "Dead letters whose delivery Kafka has acknowledged."),
    counter(Metric::kDeliveryFailures, "millrace_delivery_failures_total", "",
            "Messages that Kafka did not take; they are sent again."),
    histogram(Metric::kFreshness, "millrace_freshness_seconds", "",
              "From the timestamp of the oldest of the records that a list was made for to the delivery of that list.",
              kFreshnessSeconds),
    gauge(Metric::kQueueMessages, "millrace_queue_messages", "stage", "Messages waiting in this process."),
    gauge(Metric::kQueueBytes, "millrace_queue_bytes", "stage", "Bytes waiting in this process."),

    gauge(Metric::kTableRows, "millrace_table_rows", "table", "Rows of a table of the store, an estimate."),
    gauge(Metric::kTableBytes, "millrace_table_bytes", "table", "Bytes of a table of the store, an estimate."),
    counter(Metric::kCacheHits, "millrace_cache_hits_total", "cache", "Rows found in memory."),
    counter(Metric::kCacheMisses, "millrace_cache_misses_total", "cache", "Rows that had to be read from the store."),
    gauge(Metric::kCacheRows, "millrace_cache_rows", "cache", "Rows held in memory."),
    gauge(Metric::kCacheBytes, "millrace_cache_bytes", "cache", "Bytes of the rows held in memory."),
    gauge(Metric::kDiskFree, "millrace_disk_free_bytes", "", "Free space where the store lives."),

    counter(Metric::kClientRestarts, "millrace_client_restarts_total", "client",
            "Kafka clients destroyed and opened again after an error."),
    gauge(Metric::kKafkaLag, "millrace_kafka_consumer_lag_records", "topic,partition",
          "The Kafka client's own lag: high watermark less committed or consumed offset."),
    gauge(Metric::kKafkaFetchQueueMessages, "millrace_kafka_fetch_queue_messages", "topic,partition",
          "Messages fetched and not yet read."),
    gauge(Metric::kKafkaFetchQueueBytes, "millrace_kafka_fetch_queue_bytes", "topic,partition",
          "Bytes fetched and not yet read."),
    gauge(Metric::kKafkaQueueMessages, "millrace_kafka_queue_messages", "client",
          "Messages in the client's own queues, in flight included."),
    gauge(Metric::kKafkaQueueBytes, "millrace_kafka_queue_bytes", "client", "Bytes in the client's own queues."),
    counter(Metric::kKafkaSent, "millrace_kafka_sent_bytes_total", "client", "Bytes sent to brokers."),
    counter(Metric::kKafkaReceived, "millrace_kafka_received_bytes_total", "client", "Bytes received from brokers."),
    gauge(Metric::kKafkaConnected, "millrace_kafka_broker_connected", "client,broker", "1 while the connection is up."),
    gauge(Metric::kKafkaRoundTrip, "millrace_kafka_broker_round_trip_seconds", "client,broker,statistic",
          "Broker round trip in the last window: mean and p99."),
    gauge(Metric::kKafkaQueueLatency, "millrace_kafka_broker_queue_seconds", "client,broker,statistic",
          "Time that a message waits in the client before it is sent, in the last window: mean and p99."),
    gauge(Metric::kKafkaThrottle, "millrace_kafka_broker_throttle_seconds", "client,broker,statistic",
          "Throttling asked for by the broker, in the last window: mean and p99."),
    counter(Metric::kKafkaRebalances, "millrace_kafka_group_rebalances_total", "",
            "Rebalances seen by the Kafka client."),
    gauge(Metric::kKafkaAssignment, "millrace_kafka_group_assigned_partitions", "",
          "Partitions assigned as the Kafka client sees it."),

    gauge(Metric::kProcessMemory, "millrace_process_resident_memory_bytes", "", "Resident memory of the process."),
    counter(Metric::kProcessProcessor, "millrace_process_cpu_seconds_total", "", "Processor time, user and system."),
    gauge(Metric::kProcessFiles, "millrace_process_open_files", "", "Open file descriptors."),
    gauge(Metric::kProcessStart, "millrace_process_start_time_seconds", "",
          "Start of the process, since the Unix epoch."),
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kAll.size(); ++i) {
    if (static_cast<std::size_t>(kAll[i].metric) != i) return false;
  }
  return kAll.size() == static_cast<std::size_t>(Metric::kProcessStart) + 1;
}
static_assert(in_order(), "the descriptions stand in the order of Metric");

}  // namespace

std::span<const MetricDescription> all_metrics() { return kAll; }

const MetricDescription& describe(Metric metric) { return kAll[static_cast<std::size_t>(metric)]; }

}  // namespace millrace
