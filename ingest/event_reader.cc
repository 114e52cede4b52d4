#include "ingest/event_reader.h"

#include <utility>

namespace millrace {
namespace {

using Type = JsonValue::Type;

// A path before what is wrong with it.
std::string at_path(const std::string& path, const std::string& problem) {
  return path.empty() ? problem : path + ": " + problem;
}

// The value of a header; the first of that name.
std::optional<std::string_view> find_header(const Record& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// An absent optional id leaves `target` empty.
std::optional<Fault> read_id(const JsonValue& value, const std::string& path, std::string_view why,
                             std::size_t bytes_max, bool required, std::string& target) {
  if (value.type == Type::kAbsent && !required) return std::nullopt;
  auto field = id_field(value, bytes_max);
  if (!field.value.has_value()) return Fault{why, at_path(path, field.problem)};
  target = std::move(*field.value);
  return std::nullopt;
}

std::optional<Fault> read_number(const JsonValue& value, const std::string& path, std::string_view why, float& target) {
  if (value.type == Type::kAbsent) return std::nullopt;
  const auto field = number_field(value);
  if (!field.value.has_value()) return Fault{why, at_path(path, field.problem)};
  target = *field.value;
  return std::nullopt;
}

std::string known_kinds(const KindTable& kinds) {
  std::string names;
  for (const Kind& kind : kinds.all()) {
    if (!names.empty()) names += ", ";
    names += kind.name;
  }
  return names;
}

}  // namespace

DecodedEvent EventReader::read(const Record& record, const EventFields& fields) const {
  Event event;
  event.position = record.position;
  event.record_time = record.timestamp;
  if (auto fault = read_kind(record, fields, event)) return {std::move(*fault), std::nullopt};
  const KindIndex kind = event.kind;
  if (auto fault = read_user(record, fields, event)) return {std::move(*fault), kind};
  if (auto fault = read_ids(record, fields, event)) return {std::move(*fault), kind};
  if (auto fault = read_time(record, fields, event)) return {std::move(*fault), kind};
  if (auto fault = read_numbers(fields, event)) return {std::move(*fault), kind};
  return {std::move(event), kind};
}

std::optional<Fault> EventReader::read_user(const Record& record, const EventFields& fields, Event& event) const {
  if (!mapping_.user.empty()) {
    return read_id(fields.user, mapping_.user, reason::kBadUser, id_bytes_max_, true, event.user.bytes);
  }
  auto field = id_text(record.key.value_or(""), id_bytes_max_);
  if (!field.value.has_value()) return Fault{reason::kBadUser, at_path("the record's key", field.problem)};
  event.user = UserId(std::move(*field.value));
  return std::nullopt;
}

std::optional<Fault> EventReader::read_ids(const Record& record, const EventFields& fields, Event& event) const {
  if (auto fault = read_id(fields.item, mapping_.item, reason::kBadItem, id_bytes_max_, true, event.item.bytes)) {
    return fault;
  }
  if (auto fault =
          read_id(fields.session, mapping_.session, reason::kBadSession, id_bytes_max_, false, event.session)) {
    return fault;
  }
  return read_event_id(record, fields, event);
}

std::optional<Fault> EventReader::read_event_id(const Record& record, const EventFields& fields, Event& event) const {
  if (fields.event_id.type != Type::kAbsent) {
    return read_id(fields.event_id, mapping_.event_id, reason::kBadEventId, id_bytes_max_, true, event.event_id);
  }
  const auto header = find_header(record, "ce_id");
  if (!header.has_value()) return std::nullopt;
  auto field = id_text(*header, id_bytes_max_);
  if (!field.value.has_value()) return Fault{reason::kBadEventId, at_path("header ce_id", field.problem)};
  event.event_id = std::move(*field.value);
  return std::nullopt;
}

std::optional<Fault> EventReader::read_kind(const Record& record, const EventFields& fields, Event& event) const {
  std::string name = mapping_.default_kind;
  if (fields.kind.type != Type::kAbsent) {
    if (auto fault = read_id(fields.kind, mapping_.kind, reason::kBadKind, id_bytes_max_, true, name)) return fault;
  } else if (const auto header = find_header(record, "ce_type"); header && kinds_.find(*header)) {
    name = *header;
  }
  const auto kind = kinds_.find(name);
  if (!kind.has_value()) {
    const JsonValue shown{.type = name.empty() ? Type::kAbsent : Type::kText, .text = name};
    const std::string problem = "found " + describe(shown) + ", expected one of " + known_kinds(kinds_);
    return Fault{reason::kBadKind, at_path(mapping_.kind, problem)};
  }
  event.kind = *kind;
  return std::nullopt;
}

std::optional<Fault> EventReader::read_time(const Record& record, const EventFields& fields, Event& event) const {
  Field<Millis> field = Field<Millis>::of(record.timestamp);
  std::string path = "the record's timestamp";
  if (mapping_.time_unit != TimeUnit::kRecord) {
    if (const auto header = find_header(record, "ce_time"); fields.time.type == Type::kAbsent && header.has_value()) {
      field = rfc3339_time(*header);
      path = "header ce_time";
    } else if (!mapping_.time.empty()) {
      field = times_.read(fields.time);
      path = mapping_.time;
    }
  }
  if (!field.value.has_value()) return Fault{reason::kBadTime, at_path(path, field.problem)};
  event.event_time = *field.value;
  if (event.event_time < Millis{0} || event.event_time >= kEventTimeEnd) {
    return Fault{reason::kBadTime, at_path(path, "found " + std::to_string(event.event_time.count) +
                                                     " ms, expected a time from 1970 on and before the year 9999")};
  }
  return std::nullopt;
}

std::optional<Fault> EventReader::read_numbers(const EventFields& fields, Event& event) const {
  if (auto fault = read_number(fields.value, mapping_.value, reason::kBadValue, event.value)) return fault;
  if (auto fault = read_number(fields.price, mapping_.price, reason::kBadPrice, event.price)) return fault;
  if (auto fault = read_number(fields.quantity, mapping_.quantity, reason::kBadQuantity, event.quantity)) return fault;
  if (kinds_.at(event.kind).signal == Signal::kRating && fields.value.type == Type::kAbsent) {
    return Fault{reason::kBadValue, at_path(mapping_.value, "found nothing, expected the rating's value")};
  }
  if (event.price < 0.0F) {
    return Fault{reason::kBadPrice,
                 at_path(mapping_.price, "found a negative price; a return has a negative quantity")};
  }
  if (event.quantity == 0.0F) return Fault{reason::kBadQuantity, at_path(mapping_.quantity, "found a quantity of 0")};
  return std::nullopt;
}

}  // namespace millrace
