// What the service shows of itself: typed methods over the metrics declared in catalogue.h, so that no caller can
// misspell a name or a label. The pipeline reports once a step, not once a record. Thread-safe; text() may be called
// from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "core/time.h"
#include "metrics/client_statistics.h"
#include "metrics/live_quality.h"

namespace millrace {

struct MetricsOptions {
  std::string version;
  std::string commit;               // empty: unknown
  std::vector<std::string> topics;  // event topics, TopicIndex is the position
  KindTable kinds;
  std::size_t live_cutoff = 20;            // k of the live measures
  std::vector<std::string> learners = {};  // that run side by side, by position
};

enum class EffortLevel : std::uint8_t { kLeast, kSome, kFull, kIdle };
enum class Stage : std::uint8_t { kDecode, kFeatures, kStore, kModel, kLists, kPublish };
enum class RebalanceOutcome : std::uint8_t { kAssigned, kRevoked, kLost };
enum class PauseReason : std::uint8_t { kBacklog, kDisk, kDeadLetters };
enum class Cache : std::uint8_t { kUsers, kItems };
enum class Queue : std::uint8_t { kIngest, kPublish };
enum class Client : std::uint8_t { kConsumer, kProducer, kReader };

// One committed step.
struct StepReport {
  std::uint64_t step = 0;
  std::uint64_t records = 0;
  std::uint64_t lists = 0;
  std::uint64_t commit_bytes = 0;
  double seconds = 0.0;
};

struct TrainingReport {
  std::uint64_t untrained_examples = 0;
  std::uint64_t examples = 0;  // trained on, replayed ones included
  double loss_sum = 0.0;
  std::uint32_t replays = 0;
  double depth_ratio = 1.0;  // of the candidates and of the session memory
  std::uint32_t ranked_examples = 0;
};

// What a step of some effort cost, and what came of it.
struct EffortReport {
  EffortLevel level = EffortLevel::kFull;
  std::uint64_t records = 0;
  double seconds = 0.0;
  std::uint64_t trials = 0;  // examples ranked before they were learnt
  std::uint64_t hits = 0;    // of the champion
  double busy = 1.0;         // share of the time that steps took of late
};

// An example that all learners ranked before they learnt it. Ranks count from 0; absent: not among the first k.
struct LearnerResult {
  bool returning = false;
  bool cold = false;
  std::vector<std::optional<std::size_t>> ranks;  // by MetricsOptions::learners
};

struct LearnerStanding {
  std::string learner;
  double weight = 0.0;
  bool champion = false;
  double lead_low = 0.0, lead = 0.0, lead_high = 0.0;  // over the champion
};

struct CacheReport {
  std::uint64_t hits = 0;    // since the cache was made
  std::uint64_t misses = 0;  // since the cache was made
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

struct PartitionLag {
  TopicIndex topic{};
  PartitionIndex partition{};
  std::int64_t records = 0;
};

class Metrics {
 public:
  explicit Metrics(MetricsOptions options);
  ~Metrics();

  // Ingest. `kind` is absent where the record could not be decoded that far.
  void records(TopicIndex topic, std::optional<KindIndex> kind, Outcome outcome, std::uint64_t count);
  void dead_letters(TopicIndex topic, std::string_view reason, std::uint64_t count);
  void foreign_keys(std::uint64_t count);
  void catalogue_changes(Outcome outcome, std::uint64_t count);
  void evicted_users(std::uint64_t count);
  void unknown_items(std::uint64_t events);
  void lag(std::span<const PartitionLag> partitions);  // of the assigned ones; others disappear
  void assigned(std::uint64_t partitions);
  void rebalance(RebalanceOutcome outcome);
  void rewind();
  void moved_partition();
  void rebuilding(std::uint64_t records);
  void paused(PauseReason reason, bool paused);

  // The step.
  void stage(Stage stage, double seconds);
  void step(const StepReport& report);
  void training(const TrainingReport& report);
  void relearnt(std::uint64_t steps);
  void model_memory(std::uint64_t bytes);
  void model_rows(std::string_view learner, std::uint64_t rows);
  void live(std::span<const LiveResult> results);
  void effort(const EffortReport& report);
  void learner_results(std::span<const LearnerResult> results);
  void learner_standings(std::span<const LearnerStanding> standings);
  void champion_changes(std::uint64_t count);
  void learner_credits(std::string_view learner, std::uint64_t count);
  void rollbacks(std::string_view learner, std::uint64_t count);

  // Publishing.
  void lists_published(std::uint64_t count);
  void dead_letters_published(std::uint64_t count);
  void delivery_failures(std::uint64_t count);
  void freshness(std::span<const Millis> delays);
  void queue(Queue queue, std::uint64_t messages, std::uint64_t bytes);

  // Store and surroundings.
  void table(std::string_view table, std::uint64_t rows, std::uint64_t bytes);
  void cache(Cache cache, const CacheReport& report);
  void disk_free(std::uint64_t bytes);
  void client_restart(Client client);
  void client_statistics(Client client, const ClientStatistics& statistics);
  void ready(std::string_view check, bool passes);

  // Everything in the Prometheus text format; measures the process first.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
