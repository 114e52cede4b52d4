// Everything that a user may set, with its default. millrace.toml documents it key by key and is held to these defaults
// by a test. Read once, at the start; plain values afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/step.h"
#include "core/event.h"
#include "core/result.h"
#include "core/time.h"
#include "features/features.h"
#include "ingest/ingest.h"
#include "kafka/client.h"
#include "metrics/http_server.h"
#include "model/options.h"
#include "publish/publisher.h"
#include "store/rocks_store.h"

namespace millrace {

struct ServiceSettings {
  std::string state_directory = "state";
  std::string log_level = "info";    // debug, info, warn, error
  Millis shutdown_deadline{20'000};  // from SIGTERM to the exit, publishing included
};

// Where a partition begins for which neither store nor group has an offset.
enum class StartPosition : std::uint8_t { kEarliest, kLatest };

// What is done about a partition that comes without its newest state: another instance has it in its state directory.
enum class MovedPartition : std::uint8_t { kRefuse, kRebuild };

struct KafkaSettings {
  std::string bootstrap_servers = "localhost:9092";
  std::string group = "millrace";
  std::string instance_id;
  std::string client_id = "millrace";
  StartPosition start = StartPosition::kEarliest;
  MovedPartition on_moved_partition = MovedPartition::kRefuse;
  // From the command line alone: begin again where the group has offsets but the state directory has none.
  bool rebuild = false;
  Millis commit_interval{1000};  // of offsets to the group
  std::uint64_t consumer_queue_bytes = 32ULL << 20;
  std::uint64_t producer_queue_bytes = 64ULL << 20;
  Millis linger{1};
  Millis delivery_timeout{30'000};  // at most the group's session time-out
  KafkaProperties properties;       // passed through, secrets resolved; checked by check_properties()
};

struct InputSettings {
  std::string items_topic = "items";   // empty: none
  float dead_letter_share_max = 0.5F;  // of the newest records; above it reading pauses. 1: never
};

struct StepSettings {
  std::size_t records_max = 288;
  Millis wait_max{5};  // for records when there are none
};

// Bounds of Effort; equal bounds make a run reproducible.
struct EffortSettings {
  std::uint32_t replays_min = 0;
  std::uint32_t replays_max = 4;
  std::uint32_t replays_idle =
      0;  // at the most while the service has hardly anything to do; below replays_max: no more
  std::uint32_t ranked_examples = 128;  // at the most
  std::uint32_t ranked_min_percent = 3;
  std::uint32_t depth_min_percent = 45;
};

struct StoreSettings {
  std::uint64_t block_cache_bytes = 128ULL << 20;
  std::uint64_t write_buffer_bytes = 64ULL << 20;
  std::uint64_t background_bytes_per_second = 0;  // 0: by the processors
  std::uint64_t example_capacity = 1'000'000;
  std::uint64_t checkpoint_examples = 50'000;
  std::uint64_t checkpoint_steps = 10'000;
  std::uint64_t free_bytes_min = 1ULL << 30;  // below it reading pauses
};

struct PublishSettings {
  PublisherOptions options;
  std::int32_t partitions = 0;          // of a list topic that has to be created; 0: as the first event topic
  std::uint64_t backlog_max = 100'000;  // lists and dead letters waiting; above it reading pauses
};

struct Config {
  Config();

  ServiceSettings service;
  KafkaSettings kafka;
  KindTable kinds;  // also in ingest, features and model
  IngestOptions ingest;
  InputSettings input;
  StepSettings step;
  FeatureOptions features;
  ModelOptions model;
  EffortSettings effort;
  ListRules lists;
  PublishSettings publish;
  StoreSettings store;
  HttpOptions metrics;
};

// Reads TOML; what it does not name keeps its default. `name` stands in messages. kInvalid with every mistake found,
// one a line, each with line and column: unknown keys with the nearest known one, values of the wrong type or out of
// range, environment variables that are not set, files that cannot be read.
Result<Config> parse_config(const std::string& text, const std::string& name);
// kNotFound where there is no such file. `overrides` are single settings, "lists.length=10", that take the place of the
// file's; a value that is not TOML is taken as a text. An empty path: the defaults, and overrides.
Result<Config> load_config(const std::string& path, const std::vector<std::string>& overrides = {});

// What print_config() shows in the place of a secret, and check_config() refuses.
inline constexpr std::string_view kRedacted = "(redacted)";

// TOML that parses to the same configuration; secrets of kafka.properties are shown as "(redacted)".
std::string print_config(const Config& config);
// Sixteen hexadecimal digits over all that print_config() shows.
std::string config_hash(const Config& config);

// What the other parts are opened with.
RocksOptions rocks_options(const Config& config, bool read_only);
StepOptions step_options(const Config& config);
ConsumerOptions consumer_options(const Config& config);
ProducerOptions producer_options(const Config& config);
ReaderOptions items_reader_options(const Config& config);
// How long the group waits for a member that does not answer before it gives its partitions to others.
Millis session_timeout(const KafkaSettings& kafka);

}  // namespace millrace
