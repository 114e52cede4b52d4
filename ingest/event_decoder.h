// One record of an event topic becomes an event, or a fault that says why not. One thread; the parser's buffers are
// reused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/event.h"
#include "ingest/fields.h"
#include "ingest/ingest.h"
#include "ingest/json.h"
#include "ingest/reasons.h"

namespace millrace {

// The bytes of a record as a JSON document, bounded in size and depth.
std::optional<Fault> parse_payload(const Record& record, const IngestOptions& options, JsonParser& parser);

// The value of a header; the first of that name.
std::optional<std::string_view> find_header(const Record& record, std::string_view name);

class EventDecoder {
 public:
  explicit EventDecoder(const IngestOptions& options);

  struct Decoded {
    std::variant<Event, Fault> result;
    std::optional<KindIndex> kind;  // as far as it is known, for faults too
  };
  // Requires a record of one of the configured topics.
  Decoded decode(const Record& record);

 private:
  struct Topic {
    FieldMapping mapping;
    JsonPath user, item, time, kind, value, price, quantity, session, event_id;
    TimeReader times;
  };
  std::optional<Fault> read_ids(const Record& record, const Topic& topic, Event& event);
  std::optional<Fault> read_kind(const Record& record, const Topic& topic, Event& event);
  std::optional<Fault> read_time(const Record& record, const Topic& topic, Event& event);
  std::optional<Fault> read_numbers(const Topic& topic, Event& event);

  IngestOptions options_;
  std::vector<Topic> topics_;
  JsonParser parser_;
};

}  // namespace millrace
