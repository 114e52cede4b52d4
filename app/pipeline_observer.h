// What the service loop tells whoever watches it (metrics, health, tests): plain structs, from the pipeline's thread,
// between steps. An observer must be quick; references hold during the call alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/step.h"
#include "features/features.h"
#include "ingest/ingest.h"
#include "kafka/client.h"
#include "publish/publisher.h"
#include "store/store.h"

namespace millrace {

// One committed step.
struct StepObservation {
  std::uint64_t step = 0;
  std::uint64_t records = 0;
  std::uint64_t lists = 0;
  std::uint64_t commit_bytes = 0;
  std::uint64_t catalogue_changes = 0;
  std::uint64_t catalogue_dead_letters = 0;
  const Ingested& ingested;  // counts; its events and dead letters have been moved on
  const LearnOutcome& learnt;
  Effort effort;
  std::span<const LiveTrial> trials;
  std::uint64_t users_gone = 0;     // made room for new ones
  std::uint64_t items_unknown = 0;  // events of items beyond the bound
  double busy = 0.0;                // share of the last seconds that steps took
  struct Seconds {
    // model: with what was left of training the step before when its own features were taken in.
    double ingest = 0, features = 0, model = 0, lists = 0, store = 0, publish = 0, total = 0;
  } seconds;
  const Contest* contest = nullptr;                                   // how the learners stand
  std::vector<std::pair<std::string, std::uint64_t>> rollbacks = {};  // ever, of each learner that is watched
};

// About once a second.
struct StateObservation {
  std::vector<std::pair<TopicPartition, std::int64_t>> lag;  // of every assigned partition whose end is known
  CacheStatistics users;
  CacheStatistics items;
  std::uint64_t rebuilding_records = 0;  // to apply until the users of moved partitions are served
  std::uint64_t publish_messages = 0;    // lists and dead letters waiting or in flight
  std::uint64_t publish_bytes = 0;
  std::uint64_t model_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> model_rows;
  std::string consumer_statistics;  // librdkafka's JSON; empty before the first
  std::string producer_statistics;
  std::uint64_t disk_free_bytes = 0;                     // 0: not known
  std::vector<std::pair<Table, TableSize>> table_sizes;  // now and then, else empty
};

enum class Rebalance : std::uint8_t { kAssigned, kRevoked, kLost };
enum class Pause : std::uint8_t { kBacklog, kDisk, kDeadLetters };
enum class Readiness : std::uint8_t { kAssigned, kRestored, kRunning, kDisk };
enum class KafkaClient : std::uint8_t { kConsumer, kProducer, kReader };

class PipelineObserver {
 public:
  virtual ~PipelineObserver() = default;
  virtual void on_beat() {}  // the loop moves
  virtual void on_relearnt(std::uint64_t /*steps*/) {}
  virtual void on_step(const StepObservation& /*step*/) {}
  virtual void on_delivered(const Delivered& /*delivered*/) {}
  virtual void on_state(const StateObservation& /*state*/) {}
  virtual void on_rebalance(Rebalance /*what*/, std::size_t /*partitions*/) {}
  // The store is `records` behind what the group has committed: it was rewound, and the difference is read again.
  virtual void on_rewind(TopicPartition /*partition*/, std::int64_t /*records*/) {}
  // The partition comes from another instance, and its state here is `records` behind (0: not at all).
  virtual void on_moved(TopicPartition /*partition*/, std::int64_t /*records*/) {}
  // Acknowledged commits were missing when the store was opened (Continuity::kRewound).
  virtual void on_store_rewound() {}
  virtual void on_paused(Pause /*why*/, bool /*paused*/) {}
  virtual void on_ready(Readiness /*check*/, bool /*passes*/, std::string_view /*detail*/) {}
  virtual void on_client_restart(KafkaClient /*client*/) {}
};

}  // namespace millrace
