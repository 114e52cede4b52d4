// What the files of this folder share: owning types over librdkafka's C API, its configuration, and its errors as ours.
// The only place that includes rdkafka.h; nothing outside this folder includes this header.
//
// Written against librdkafka 2.0.2, so nothing newer is called.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "kafka/client.h"

namespace millrace::rdkafka {

template <auto destroy>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    destroy(pointer);
  }
};

using Handle = std::unique_ptr<rd_kafka_t, Deleter<rd_kafka_destroy>>;
using Configuration = std::unique_ptr<rd_kafka_conf_t, Deleter<rd_kafka_conf_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>>;
using MessagePointer = std::unique_ptr<rd_kafka_message_t, Deleter<rd_kafka_message_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Deleter<rd_kafka_topic_destroy>>;
using Answer = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using ErrorPointer = std::unique_ptr<rd_kafka_error_t, Deleter<rd_kafka_error_destroy>>;

// Requests that block wait at most this long.
inline constexpr std::chrono::milliseconds kRequestTimeout{5'000};

constexpr int timeout_ms(std::chrono::milliseconds timeout) { return static_cast<int>(timeout.count()); }

// The library's error as ours. `action` says what was tried and on what ("commit the offsets of group shop").
Error to_error(rd_kafka_resp_err_t code, std::string_view action, std::string_view detail = {});

// What the library's callbacks are handed (its "opaque"). Must outlive the handle: declare the handle as the last
// member.
struct ClientContext {
  KafkaLog log;

  std::string newest_statistics() const {
    const std::lock_guard lock(mutex);
    return statistics;
  }
  mutable std::mutex mutex;  // of what callbacks write
  std::string statistics;    // newest
};

struct ClientSettings {
  const std::string& bootstrap_servers;
  const std::string& client_id;
  const KafkaProperties& properties;  // the user's
  KafkaProperties defaults;           // which the user's properties override
  KafkaProperties owned;              // which nobody overrides
};

// Checks and sets everything, and the log and statistics callbacks. `context` becomes the opaque.
Result<Configuration> make_configuration(const ClientSettings& settings, ClientContext& context);
Result<Handle> make_handle(rd_kafka_type_t type, Configuration configuration, const std::string& bootstrap_servers);

// Destroys a consumer and then its context. The library waits there for its threads, for ever where a topic was deleted
// under the consumer (its issues 3470 and 4362): after a few seconds both are left behind until the process ends.
void destroy_patiently(Handle handle, std::shared_ptr<ClientContext> context);

// Position in `topics` of a name; nullopt where it is none of them.
std::optional<TopicIndex> find_topic(std::span<const std::string> topics, std::string_view name);

// Number of partitions; kNotFound where the broker has no such topic. Never creates it.
Result<std::int32_t> count_partitions(rd_kafka_t* handle, const std::string& topic);
Result<Watermarks> query_watermarks(rd_kafka_t* handle, const std::string& topic, PartitionIndex partition);

// Collects messages and gives them back as records in order of topic, partition, offset.
class MessageBatch {
 public:
  explicit MessageBatch(std::span<const std::string> topics) : topics_(topics) {}
  void add(MessagePointer message);  // of one of the topics
  void clear();
  std::size_t size() const { return messages_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  std::vector<Record> take();

 private:
  std::span<const std::string> topics_;
  std::vector<std::pair<Position, MessagePointer>> messages_;
  std::uint64_t bytes_ = 0;
};

}  // namespace millrace::rdkafka
