#include "app/metrics_observer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsObserverTest : public testing::Test {
 protected:
  static MetricsOptions options() {
    return {.version = "1",
            .commit = "",
            .topics = {"clicks", "purchases"},
            .kinds = KindTable({{"click", Signal::kClick, 1.0F}}),
            .live_cutoff = 20,
            .learners = {"ranker", "memory"}};
  }

  bool shows(const std::string& line) const { return metrics_.text().find("\n" + line + "\n") != std::string::npos; }

  Metrics metrics_{options()};
  Health health_{std::chrono::seconds(5)};
  MetricsObserver observer_{metrics_, health_};
};

TEST_F(MetricsObserverTest, ReportsAStep) {
  Ingested ingested;
  ingested.counts[{TopicIndex{1}, KindIndex{0}, Outcome::kApplied}] = 7;
  ingested.dead_letter_reasons[{TopicIndex{0}, "bad_json"}] = 2;
  LearnOutcome learnt;
  learnt.trained_examples = 21;
  learnt.loss_sum = 42.0;
  learnt.untrained_examples = 9;
  const std::vector<LiveTrial> trials{{Signal::kClick, 1, std::nullopt, true}};
  observer_.on_step({.step = 9,
                     .records = 9,
                     .lists = 4,
                     .commit_bytes = 512,
                     .catalogue_changes = 3,
                     .catalogue_dead_letters = 1,
                     .ingested = ingested,
                     .learnt = learnt,
                     .effort = {.replays = 3, .ranked_examples = 16, .depth_percent = 40},
                     .trials = trials,
                     .seconds = {.ingest = .001, .model = .004, .total = .01}});
  EXPECT_TRUE(shows(R"(millrace_records_total{kind="click",outcome="applied",topic="purchases"} 7)"));
  EXPECT_TRUE(shows(R"(millrace_dead_letters_total{reason="bad_json",topic="clicks"} 2)"));
  EXPECT_TRUE(shows(R"(millrace_catalogue_changes_total{outcome="applied"} 3)"));
  EXPECT_TRUE(shows("millrace_step 9"));
  EXPECT_TRUE(shows("millrace_lists_made_total 4"));
  EXPECT_TRUE(shows("millrace_training_loss 2"));
  EXPECT_TRUE(shows("millrace_replays 3"));
  EXPECT_TRUE(shows("millrace_depth_ratio 0.4"));
  EXPECT_TRUE(shows(R"(millrace_live_hits_total{audience="returning",item="warm",kind="click",learner="served"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_step_stage_seconds_sum{stage="model"} 0.004)"));
}

TEST_F(MetricsObserverTest, ReportsTheLearnersAndWhatEffortBuys) {
  const Contest contest({"ranker", "memory"}, {});
  Ingested ingested;
  LearnOutcome learnt;
  learnt.trials = {{.returning = true, .cold = false, .places = {2, kMissed}},
                   {.returning = false, .cold = true, .places = {kMissed, 0}}};
  learnt.collapsed = {"ranker"};
  const std::vector<LiveTrial> trials{{Signal::kClick, 1, std::nullopt, true, true, "memory"}};
  observer_.on_step({.records = 2,
                     .ingested = ingested,
                     .learnt = learnt,
                     .effort = {.replays = 4, .ranked_examples = 16, .depth_percent = 100},
                     .trials = trials,
                     .busy = .25,
                     .seconds = {.total = .5},
                     .contest = &contest,
                     .rollbacks = {{"ranker", 3}, {"encoder", 1}}});
  EXPECT_TRUE(shows(R"(millrace_learner_trials_total{audience="returning",item="warm"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_learner_hits_total{audience="returning",item="warm",learner="ranker"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_learner_hits_total{audience="returning",item="warm",learner="memory"} 0)"));
  EXPECT_TRUE(shows(R"(millrace_learner_gain_total{audience="new",item="cold",learner="memory"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_learner_gain_total{audience="returning",item="warm",learner="ranker"} 0.5)"));
  EXPECT_TRUE(shows(R"(millrace_learner_recall{learner="ranker"} 0.5)"));
  EXPECT_TRUE(shows(R"(millrace_learner_weight{learner="memory"} 0.5)"));
  EXPECT_TRUE(shows(R"(millrace_learner_champion{learner="ranker"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_learner_champion{learner="memory"} 0)"));
  EXPECT_TRUE(shows(R"(millrace_learner_lead{bound="high",learner="memory"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_learner_credits_total{learner="memory"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_live_hits_total{audience="returning",item="cold",kind="click",learner="served"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_rollbacks_total{learner="ranker"} 1)")) << "of this process";
  EXPECT_TRUE(shows(R"(millrace_rollbacks_total{learner="encoder"} 0)"));
  EXPECT_TRUE(shows(R"(millrace_effort_trials_total{effort="full"} 2)"));
  EXPECT_TRUE(shows(R"(millrace_effort_hits_total{effort="full"} 1)"));
  EXPECT_TRUE(shows(R"(millrace_effort_seconds_total{effort="full"} 0.5)"));
  EXPECT_TRUE(shows("millrace_busy_ratio 0.25"));
}

TEST_F(MetricsObserverTest, ReportsDeliveries) {
  Delivered delivered;
  delivered.lists = 2;
  delivered.failed = 1;
  delivered.freshness = {{40}, {400}};
  observer_.on_delivered(delivered);
  EXPECT_TRUE(shows("millrace_lists_published_total 2"));
  EXPECT_TRUE(shows("millrace_delivery_failures_total 1"));
  EXPECT_TRUE(shows(R"(millrace_freshness_seconds_bucket{le="0.25"} 1)"));
}

TEST_F(MetricsObserverTest, ReportsTheState) {
  StateObservation state;
  state.lag = {{{TopicIndex{0}, PartitionIndex{2}}, 30}};
  state.users = {.hits = 5, .misses = 1, .rows = 2, .bytes = 100};
  state.publish_messages = 6;
  state.table_sizes = {{Table::kUsers, {.rows = 11, .bytes = 1'100}}};
  state.consumer_statistics =
      R"({"topics":{"clicks":{"partitions":{"2":{"partition":2,"fetchq_cnt":4,"fetchq_size":90,"consumer_lag":30}}}}})";
  observer_.on_state(state);
  EXPECT_TRUE(shows(R"(millrace_lag_records{partition="2",topic="clicks"} 30)"));
  EXPECT_TRUE(shows(R"(millrace_cache_hits_total{cache="users"} 5)"));
  EXPECT_TRUE(shows(R"(millrace_queue_messages{stage="publish"} 6)"));
  EXPECT_TRUE(shows(R"(millrace_queue_bytes{stage="ingest"} 90)"));
  EXPECT_TRUE(shows(R"(millrace_table_rows{table="users"} 11)"));
  EXPECT_TRUE(shows(R"(millrace_kafka_consumer_lag_records{partition="2",topic="clicks"} 30)"));
}

TEST_F(MetricsObserverTest, ForgetsPartitionsThatWereRevoked) {
  StateObservation state;
  state.lag = {{{TopicIndex{0}, PartitionIndex{2}}, 30}};
  observer_.on_rebalance(Rebalance::kAssigned, 3);
  observer_.on_state(state);
  EXPECT_TRUE(shows("millrace_assigned_partitions 3"));
  observer_.on_rebalance(Rebalance::kRevoked, 3);
  EXPECT_TRUE(shows("millrace_assigned_partitions 0"));
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("millrace_lag_records{")));
}

TEST_F(MetricsObserverTest, IsReadyWhenThePipelineSaysSo) {
  EXPECT_TRUE(shows(R"(millrace_ready{check="disk"} 0)"));
  for (const Readiness check : {Readiness::kAssigned, Readiness::kRestored, Readiness::kRunning, Readiness::kDisk}) {
    EXPECT_FALSE(health_.ready().passes);
    observer_.on_ready(check, true, "fine");
  }
  EXPECT_TRUE(health_.ready().passes);
  EXPECT_TRUE(shows(R"(millrace_ready{check="disk"} 1)"));
  observer_.on_paused(Pause::kDisk, true);
  observer_.on_ready(Readiness::kRunning, false, "disk");
  EXPECT_THAT(health_.ready().text, HasSubstr("FAILED running: disk"));
  EXPECT_TRUE(shows(R"(millrace_paused{reason="disk"} 1)"));
}

TEST_F(MetricsObserverTest, CountsRewindsAndRestarts) {
  observer_.on_rewind({TopicIndex{0}, PartitionIndex{0}}, 5);
  observer_.on_client_restart(KafkaClient::kProducer);
  observer_.on_relearnt(8);
  EXPECT_TRUE(shows("millrace_rewinds_total 1"));
  EXPECT_TRUE(shows(R"(millrace_client_restarts_total{client="producer"} 1)"));
  EXPECT_TRUE(shows("millrace_relearnt_steps 8"));
}

}  // namespace
}  // namespace millrace
