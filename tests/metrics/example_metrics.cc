#include "tests/metrics/example_metrics.h"

#include <vector>

namespace millrace {
namespace {

void report_ingest(Metrics& metrics) {
  metrics.records(TopicIndex{0}, KindIndex{0}, Outcome::kApplied, 90);
  metrics.records(TopicIndex{0}, std::nullopt, Outcome::kDeadLetter, 2);
  metrics.dead_letters(TopicIndex{0}, "malformed_json", 2);
  metrics.foreign_keys(1);
  metrics.evicted_users(3);
  metrics.unknown_items(2);
  metrics.catalogue_changes(Outcome::kApplied, 4);
  metrics.lag(std::vector<PartitionLag>{{TopicIndex{0}, PartitionIndex{0}, 7}, {TopicIndex{1}, PartitionIndex{3}, 0}});
  metrics.assigned(2);
  metrics.rebalance(RebalanceOutcome::kAssigned);
  metrics.rewind();
  metrics.moved_partition();
  metrics.rebuilding(12);
  metrics.paused(PauseReason::kBacklog, true);
}

void report_step(Metrics& metrics) {
  for (const Stage stage :
       {Stage::kDecode, Stage::kFeatures, Stage::kStore, Stage::kModel, Stage::kLists, Stage::kPublish}) {
    metrics.stage(stage, .004);
  }
  metrics.step({.step = 12, .records = 92, .lists = 40, .commit_bytes = 9'000, .seconds = .02});
  metrics.training({.untrained_examples = 12, .examples = 200, .loss_sum = 500.0, .replays = 2, .ranked_examples = 32});
  metrics.effort({.level = EffortLevel::kFull, .records = 92, .seconds = .02, .trials = 2, .hits = 1, .busy = .4});
  metrics.learner_results(std::vector<LearnerResult>{{true, false, {0, std::nullopt}}, {false, true, {3, 0}}});
  metrics.learner_standings(
      std::vector<LearnerStanding>{{"ranker", .75, true, 0, 0, 0}, {"memory", .25, false, -.2, -.1, .0}});
  metrics.champion_changes(1);
  metrics.learner_credits("memory", 2);
  metrics.rollbacks("ranker", 1);
  metrics.relearnt(3);
  metrics.model_memory(1 << 20);
  metrics.model_rows("encoder", 500);
  metrics.live(
      std::vector<LiveResult>{{Signal::kClick, 0, std::nullopt, true}, {Signal::kClick, std::nullopt, 3, false}});
}

void report_publishing(Metrics& metrics) {
  metrics.lists_published(40);
  metrics.dead_letters_published(2);
  metrics.delivery_failures(1);
  metrics.freshness(std::vector<Millis>{{30}, {250}, {900}});
  metrics.queue(Queue::kPublish, 5, 4'000);
}

void report_store(Metrics& metrics, std::uint64_t round) {
  metrics.table("users", 40, 80'000);
  metrics.cache(Cache::kUsers, {.hits = 90 * round, .misses = 10 * round, .rows = 40, .bytes = 60'000});
  metrics.disk_free(1ULL << 33);
  metrics.client_restart(Client::kProducer);
  metrics.ready("disk", true);
}

void report_client(Metrics& metrics) {
  ClientStatistics statistics;
  statistics.queue_messages = 3;
  statistics.queue_bytes = 300;
  statistics.sent_bytes = 1'000;
  statistics.received_bytes = 2'000;
  statistics.brokers = {{.broker = "1", .connected = true, .round_trip = {.002, .009}, .queue = {}, .throttle = {}}};
  statistics.partitions = {
      {.topic = "clicks", .partition = 0, .lag_records = 7, .fetch_queue_messages = 2, .fetch_queue_bytes = 90}};
  statistics.group = GroupStatistics{1, 2};
  metrics.client_statistics(Client::kConsumer, statistics);
}

}  // namespace

void report_everything(Metrics& metrics, std::uint64_t round) {
  report_ingest(metrics);
  report_step(metrics);
  report_publishing(metrics);
  report_store(metrics, round);
  report_client(metrics);
}

std::unique_ptr<Metrics> make_example_metrics() {
  auto metrics = std::make_unique<Metrics>(
      MetricsOptions{.version = "1.2.3",
                     .commit = "abc",
                     .topics = {"clicks", "purchases"},
                     .kinds = KindTable({{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 3.0F}}),
                     .live_cutoff = 20,
                     .learners = {"ranker", "memory"}});
  report_everything(*metrics, 1);
  return metrics;
}

}  // namespace millrace
