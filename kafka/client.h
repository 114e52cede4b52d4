// The one boundary to librdkafka: small owning types, no foreign type above this folder. Errors of the library become
// ours, with a disposition. Used by ingest (consumer, reader) and publish (producer).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "core/result.h"

namespace millrace {

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

// Refuses properties that the service owns (group.id, enable.auto.commit, auto.offset.reset,
// partition.assignment.strategy, …, aliases included), naming the property, why it is owned, and the setting to use
// instead.
Status check_properties(const KafkaProperties& properties);

// Whether the value of a property must never be shown (passwords, keys, tokens).
bool is_secret_property(std::string_view name);

// Receives what the library has to say: a syslog severity (3 error, 4 warning, 6 information) and a line of text.
// Called from the library's threads. Empty: the library writes to stderr itself.
using KafkaLog = std::function<void(int severity, std::string_view text)>;

struct TopicPartition {
  TopicIndex topic{};
  PartitionIndex partition{};
  auto operator<=>(const TopicPartition&) const = default;
};

struct TopicPartitionOffset {
  TopicPartition where;
  Offset offset{};
  bool operator==(const TopicPartitionOffset&) const = default;
};

struct Watermarks {
  Offset low{};
  Offset high{};
};

struct GroupOffset {
  std::optional<Offset> offset;  // nothing committed: absent
  std::string metadata;
};

// Called from Consumer::poll(), on its thread.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // Where to start each partition; an error stops the consumer and comes out of poll().
  virtual Result<std::vector<TopicPartitionOffset>> on_assigned(std::span<const TopicPartition> partitions) = 0;
  // `lost`: the partitions belong to somebody else already, commit nothing. Otherwise finish, commit, then return.
  virtual void on_revoked(std::span<const TopicPartition> partitions, bool lost) = 0;
};

// A member of a consumer group. Range assignment, manual commits, auto.offset.reset=error. One thread.
class Consumer {
 public:
  virtual ~Consumer() = default;
  // At most `max_records` (and about poll_bytes_max), in order of topic, partition, offset; empty when `timeout` has
  // passed. Waits for the first record only. Serves rebalances.
  virtual Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) = 0;
  virtual Status pause() = 0;  // all assigned partitions; poll() goes on serving rebalances
  virtual Status resume() = 0;
  // Asynchronous: the offsets to continue from, with a note of at most 1 KiB. A failure shows as the error of the next
  // commit; one of no offsets at all only asks for it.
  virtual Status commit(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) = 0;
  // Retry: no answer within `timeout`; the offsets may be committed all the same.
  virtual Status commit_synchronously(std::span<const TopicPartitionOffset> offsets, const std::string& metadata,
                                      std::chrono::milliseconds timeout) = 0;
  virtual Result<std::vector<GroupOffset>> committed(std::span<const TopicPartition> partitions) = 0;
  virtual Result<Watermarks> watermarks(TopicPartition partition) = 0;
  virtual std::vector<TopicPartition> assignment() const = 0;
  // Messages between our position and the high watermark as last fetched, per assigned partition; no broker call.
  virtual std::vector<std::pair<TopicPartition, std::int64_t>> lag() const = 0;
  // Number of partitions of a topic, from the broker.
  virtual Result<std::int32_t> partition_count(TopicIndex topic) = 0;
  // The newest librdkafka statistics (JSON), empty before the first.
  virtual std::string statistics() const = 0;
  // Leaves the group, revoking what is assigned. Also done by the destructor. kUnavailable: still not left after
  // `timeout`, because a request waits for a broker that is away; nothing more comes of it.
  virtual Status close(std::chrono::milliseconds timeout) = 0;
};

struct ConsumerOptions {
  std::string bootstrap_servers;
  std::string group;
  std::string instance_id;  // group.instance.id; empty: dynamic membership
  std::string client_id = "millrace";
  std::vector<std::string> topics;  // TopicIndex is the position
  std::uint64_t queue_bytes = 32ULL << 20;
  std::uint64_t poll_bytes_max = 8ULL << 20;  // payload returned by one poll(); one record may exceed it
  KafkaProperties properties;                 // passed through after check_properties()
  std::chrono::milliseconds statistics_interval{1000};
  KafkaLog log;
};
// `listener` must outlive the consumer.
Result<std::unique_ptr<Consumer>> open_consumer(const ConsumerOptions& options, RebalanceListener& listener);

// Reads whole topics without a group: the items topic, the auditor. One thread.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) = 0;
  // Whether everything up to the high watermarks seen at opening has been returned.
  virtual bool at_end() const = 0;
};
struct ReaderOptions {
  std::string bootstrap_servers;
  std::string client_id = "millrace";
  std::vector<std::string> topics;          // TopicIndex is the position
  std::vector<TopicPartitionOffset> start;  // missing partitions, and offsets outside the watermarks: from the earliest
  std::uint64_t queue_bytes = 16ULL << 20;
  std::uint64_t poll_bytes_max = 8ULL << 20;
  KafkaProperties properties;
  KafkaLog log;
};
Result<std::unique_ptr<Reader>> open_reader(const ReaderOptions& options);

struct Message {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Millis> timestamp;  // absent: now
  std::uint64_t token = 0;          // comes back with the delivery
};

struct Delivery {
  std::uint64_t token = 0;
  bool delivered = false;
  std::string error;  // where not delivered
  Millis at;          // wall time of the report
};

// Idempotent, murmur2_random partitioner. produce() and deliveries() from one thread.
class Producer {
 public:
  virtual ~Producer() = default;
  // kUnavailable with kRetry: the local queue is full, serve deliveries() and try again.
  virtual Status produce(const Message& message) = 0;
  // The reports since the last call, waiting at most `timeout` for the first.
  virtual std::vector<Delivery> deliveries(std::chrono::milliseconds timeout) = 0;
  // Waits until everything is reported (the reports still come from deliveries()).
  virtual Status flush(std::chrono::milliseconds timeout) = 0;
  virtual std::size_t in_flight() const = 0;
  virtual std::string statistics() const = 0;
  // A fatal error of the idempotent producer: destroy it and open another.
  virtual std::optional<Error> fatal() const = 0;
};
struct ProducerOptions {
  std::string bootstrap_servers;
  std::string client_id = "millrace";
  std::uint64_t queue_bytes = 64ULL << 20;
  std::chrono::milliseconds linger{5};
  std::chrono::milliseconds delivery_timeout{120'000};
  KafkaProperties properties;
  std::chrono::milliseconds statistics_interval{1000};
  KafkaLog log;
};
Result<std::unique_ptr<Producer>> open_producer(const ProducerOptions& options);

struct TopicDescription {
  std::int32_t partitions = 0;
  std::string cleanup_policy;  // empty where the broker cannot say (the embedded one)
};
// nullopt: no such topic.
Result<std::optional<TopicDescription>> describe_topic(const std::string& bootstrap_servers,
                                                       const KafkaProperties& properties, const std::string& topic);
// An existing topic is not an error. kInvalid: this broker cannot create topics (the embedded one creates them on first
// use).
Status create_topic(const std::string& bootstrap_servers, const KafkaProperties& properties, const std::string& topic,
                    std::int32_t partitions, bool compacted);

struct GroupPartition {
  TopicPartition where;
  GroupOffset committed;
  Watermarks marks;
};
// Every partition of the topics (TopicIndex is the position), without joining the group. kNotFound: no such topic.
Result<std::vector<GroupPartition>> describe_group(const std::string& bootstrap_servers,
                                                   const KafkaProperties& properties, const std::string& group,
                                                   std::span<const std::string> topics);

// Everything above, as one thing to be handed to whoever opens clients of its own accord: librdkafka in the service, a
// broker in memory in the simulation.
class KafkaClients {
 public:
  virtual ~KafkaClients() = default;
  virtual Result<std::unique_ptr<Consumer>> open_consumer(const ConsumerOptions& options,
                                                          RebalanceListener& listener) = 0;
  virtual Result<std::unique_ptr<Reader>> open_reader(const ReaderOptions& options) = 0;
  virtual Result<std::unique_ptr<Producer>> open_producer(const ProducerOptions& options) = 0;
  virtual Result<std::optional<TopicDescription>> describe_topic(const std::string& bootstrap_servers,
                                                                 const KafkaProperties& properties,
                                                                 const std::string& topic) = 0;
  virtual Status create_topic(const std::string& bootstrap_servers, const KafkaProperties& properties,
                              const std::string& topic, std::int32_t partitions, bool compacted) = 0;
};
KafkaClients& rdkafka_clients();

// librdkafka's mock cluster: an embedded broker for the demo and tests, with its limits (docs/operations.md).
class EmbeddedBroker {
 public:
  virtual ~EmbeddedBroker() = default;
  virtual std::string bootstrap_servers() const = 0;
  virtual Status create_topic(const std::string& topic, std::int32_t partitions) = 0;
};
Result<std::unique_ptr<EmbeddedBroker>> start_embedded_broker();

}  // namespace millrace
