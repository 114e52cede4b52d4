// What is worth watching in the statistics that librdkafka reports as JSON every statistics.interval.ms, in base units.
// The one file that reads that JSON. Partition −1 and unknown lags are left out, as are brokers that are not yet known
// by number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace millrace {

// Of the last reporting window.
struct LatencyWindow {
  double mean_seconds = 0.0;
  double p99_seconds = 0.0;
};

struct BrokerStatistics {
  std::string broker;  // its number
  bool connected = false;
  LatencyWindow round_trip;
  LatencyWindow queue;  // from produce() to the sending of the request
  LatencyWindow throttle;
};

struct PartitionStatistics {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<std::int64_t> lag_records;  // unknown before the first fetch
  std::int64_t fetch_queue_messages = 0;
  std::int64_t fetch_queue_bytes = 0;
};

struct GroupStatistics {
  std::int64_t rebalances = 0;
  std::int64_t assigned_partitions = 0;
};

struct ClientStatistics {
  std::int64_t queue_messages = 0;
  std::int64_t queue_bytes = 0;
  std::int64_t sent_bytes = 0;      // since the client was opened
  std::int64_t received_bytes = 0;  // since the client was opened
  std::vector<BrokerStatistics> brokers;
  std::vector<PartitionStatistics> partitions;
  std::optional<GroupStatistics> group;  // consumers in a group
};

// kInvalid where the text is not JSON or not an object; missing fields count as 0.
Result<ClientStatistics> parse_client_statistics(std::string_view json);

}  // namespace millrace
