// One record of an event topic becomes an event, or a fault that says why not. One thread; the parser's buffers are
// reused.
#pragma once

#include <optional>
#include <vector>

#include "core/event.h"
#include "ingest/event_reader.h"
#include "ingest/ingest.h"
#include "ingest/json.h"
#include "ingest/reasons.h"

namespace millrace {

// The bytes of a record as a JSON document, bounded in size and depth.
std::optional<Fault> parse_payload(const Record& record, const IngestOptions& options, JsonParser& parser);

class EventDecoder {
 public:
  explicit EventDecoder(const IngestOptions& options);

  // Requires a record of one of the configured topics.
  DecodedEvent decode(const Record& record);

 private:
  struct Topic {
    JsonPath user, item, time, kind, value, price, quantity, session, event_id;
    EventReader reader;
  };

  IngestOptions options_;
  std::vector<Topic> topics_;
  JsonParser parser_;
};

}  // namespace millrace
