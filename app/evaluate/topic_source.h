// A range of live topics as a stream, read without a group: nothing is committed, and a running service notices
// nothing. Records become events by the very ingest of the service.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/evaluate/evaluate.h"
#include "core/event.h"
#include "core/result.h"
#include "core/time.h"
#include "ingest/ingest.h"
#include "kafka/client.h"

namespace millrace {

// One end of a range: an offset, the same in every partition, or the time of records in Kafka.
struct RangeEnd {
  std::optional<Offset> offset;
  std::optional<Millis> time;
};
// "120000", or RFC 3339 or a day: "2024-05-01T08:00:00Z", "2024-05-01".
Result<RangeEnd> parse_range_end(std::string_view flag, std::string_view text);

struct TopicSourceOptions {
  ReaderOptions reader;             // servers, properties; topics are set here
  IngestOptions ingest;             // with all configured topics
  std::vector<std::string> topics;  // each one of them
  std::string items_topic;          // read whole for what is known of items; empty: none
  std::optional<RangeEnd> from;     // absent: from what the topic still holds
  std::optional<RangeEnd> to;       // exclusive; absent: to its end as it is now
};

struct TopicStream {
  EventStream stream;
  std::array<std::uint64_t, kOutcomes> outcomes{};  // of the records of the range
};

// By time the topic is read from its beginning and records are passed over. kInvalid for a topic without a mapping;
// kNotFound where the broker has none.
Result<TopicStream> read_topics(const TopicSourceOptions& options, KafkaClients& kafka);

}  // namespace millrace
