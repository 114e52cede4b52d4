#include "metrics/client_statistics.h"

#include <simdjson.h>

#include <string>

namespace millrace {
namespace {

using simdjson::dom::object;

std::int64_t integer(const object& from, std::string_view key, std::int64_t otherwise = 0) {
  std::int64_t value = 0;
  return from[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

std::optional<object> child(const object& from, std::string_view key) {
  object value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// `seconds_per_unit`: librdkafka reports latencies in microseconds, throttling in milliseconds.
LatencyWindow window(const object& broker, std::string_view key, double seconds_per_unit) {
  const auto values = child(broker, key);
  if (!values) return {};
  return {static_cast<double>(integer(*values, "avg")) * seconds_per_unit,
          static_cast<double>(integer(*values, "p99")) * seconds_per_unit};
}

std::string_view text(const object& from, std::string_view key) {
  std::string_view value;
  return from[key].get(value) == simdjson::SUCCESS ? value : std::string_view{};
}

BrokerStatistics broker_statistics(const object& from) {
  BrokerStatistics broker;
  broker.broker = std::to_string(integer(from, "nodeid"));
  broker.connected = text(from, "state") == "UP";
  broker.round_trip = window(from, "rtt", 1e-6);
  broker.queue = window(from, "int_latency", 1e-6);
  broker.throttle = window(from, "throttle", 1e-3);
  return broker;
}

PartitionStatistics partition_statistics(std::string_view topic, const object& from) {
  PartitionStatistics partition;
  partition.topic = topic;
  partition.partition = static_cast<std::int32_t>(integer(from, "partition"));
  const std::int64_t lag = integer(from, "consumer_lag", -1);
  if (lag >= 0) partition.lag_records = lag;
  partition.fetch_queue_messages = integer(from, "fetchq_cnt");
  partition.fetch_queue_bytes = integer(from, "fetchq_size");
  return partition;
}

// The group's coordinator stands in the list a second time, as a logical broker.
bool is_broker(const object& from) { return integer(from, "nodeid", -1) >= 0 && text(from, "source") != "logical"; }

void read_brokers(const object& root, ClientStatistics& into) {
  const auto brokers = child(root, "brokers");
  if (!brokers) return;
  for (const auto field : *brokers) {
    object broker;
    if (field.value.get(broker) == simdjson::SUCCESS && is_broker(broker)) {
      into.brokers.push_back(broker_statistics(broker));
    }
  }
}

void read_partitions(std::string_view topic, const object& from, ClientStatistics& into) {
  const auto partitions = child(from, "partitions");
  if (!partitions) return;
  for (const auto field : *partitions) {
    object partition;
    if (field.value.get(partition) == simdjson::SUCCESS && integer(partition, "partition", -1) >= 0) {
      into.partitions.push_back(partition_statistics(topic, partition));
    }
  }
}

void read_topics(const object& root, ClientStatistics& into) {
  const auto topics = child(root, "topics");
  if (!topics) return;
  for (const auto field : *topics) {
    object topic;
    if (field.value.get(topic) == simdjson::SUCCESS) read_partitions(field.key, topic, into);
  }
}

}  // namespace

Result<ClientStatistics> parse_client_statistics(std::string_view json) {
  simdjson::dom::parser parser;
  object root;
  const auto error = parser.parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, Disposition::kRetry,
                 std::string("reading the Kafka client's statistics: expected a JSON object, found ") +
                     simdjson::error_message(error) + "; the report is skipped"};
  }
  ClientStatistics statistics;
  statistics.queue_messages = integer(root, "msg_cnt");
  statistics.queue_bytes = integer(root, "msg_size");
  statistics.sent_bytes = integer(root, "tx_bytes");
  statistics.received_bytes = integer(root, "rx_bytes");
  read_brokers(root, statistics);
  read_topics(root, statistics);
  if (const auto group = child(root, "cgrp")) {
    statistics.group = GroupStatistics{integer(*group, "rebalance_cnt"), integer(*group, "assignment_size")};
  }
  return statistics;
}

}  // namespace millrace
