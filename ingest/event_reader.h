// The values of one event's fields, wherever they came from, become an event or a fault. The rules of docs/ingest.md,
// once for every format. Stateless after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/event.h"
#include "ingest/fields.h"
#include "ingest/json.h"
#include "ingest/mapping.h"
#include "ingest/reasons.h"

namespace millrace {

struct EventFields {
  JsonValue user, item, time, kind, value, price, quantity, session, event_id;
};

struct DecodedEvent {
  std::variant<Event, Fault> result;
  std::optional<KindIndex> kind;  // as far as it is known, for faults too
};

class EventReader {
 public:
  EventReader(const FieldMapping& mapping, const KindTable& kinds, std::size_t id_bytes_max)
      : mapping_(mapping), kinds_(kinds), id_bytes_max_(id_bytes_max), times_(mapping) {}

  // Key, headers and timestamp of `record` fill in as the mapping says.
  DecodedEvent read(const Record& record, const EventFields& fields) const;

 private:
  std::optional<Fault> read_user(const Record& record, const EventFields& fields, Event& event) const;
  std::optional<Fault> read_ids(const Record& record, const EventFields& fields, Event& event) const;
  std::optional<Fault> read_event_id(const Record& record, const EventFields& fields, Event& event) const;
  std::optional<Fault> read_kind(const Record& record, const EventFields& fields, Event& event) const;
  std::optional<Fault> read_time(const Record& record, const EventFields& fields, Event& event) const;
  std::optional<Fault> read_numbers(const EventFields& fields, Event& event) const;

  FieldMapping mapping_;
  KindTable kinds_;
  std::size_t id_bytes_max_;
  TimeReader times_;
};

}  // namespace millrace
