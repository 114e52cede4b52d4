#include "ingest/event_decoder.h"

#include <utility>

#include "core/check.h"

namespace millrace {
namespace {

using Type = JsonValue::Type;

// The name under which a message shows a path.
std::string at_path(const std::string& path, const std::string& problem) {
  return path.empty() ? problem : path + ": " + problem;
}

Fault fault_of(const JsonFault& fault, std::size_t depth_max) {
  switch (fault.kind) {
    case JsonFault::Kind::kTooDeep:
      return {reason::kTooDeep, "the payload nests deeper than " + std::to_string(depth_max) + " levels"};
    case JsonFault::Kind::kBadUtf8:
      return {reason::kBadUtf8, fault.detail};
    case JsonFault::Kind::kMalformed:
      break;
  }
  return {reason::kBadJson, fault.detail};
}

// Stores an id field of `path`; an absent optional one leaves `target` empty.
std::optional<Fault> read_id(const JsonValue& value, const std::string& path, std::string_view why,
                             std::size_t bytes_max, bool required, std::string& target) {
  if (value.type == Type::kAbsent && !required) return std::nullopt;
  auto field = id_field(value, bytes_max);
  if (!field.value.has_value()) return Fault{why, at_path(path, field.problem)};
  target = std::move(*field.value);
  return std::nullopt;
}

std::string known_kinds(const KindTable& kinds) {
  std::string names;
  for (const Kind& kind : kinds.all()) names += (names.empty() ? "" : ", ") + kind.name;
  return names;
}

}  // namespace

std::optional<Fault> parse_payload(const Record& record, const IngestOptions& options, JsonParser& parser) {
  if (!record.value.has_value()) return Fault{reason::kNoValue, "the record has no value; events have no tombstones"};
  if (record.value->size() > options.record_bytes_max) {
    return Fault{reason::kTooLarge, "the payload has " + std::to_string(record.value->size()) +
                                        " bytes, expected at most " + std::to_string(options.record_bytes_max)};
  }
  if (const auto fault = parser.parse(*record.value); fault.has_value()) return fault_of(*fault, options.depth_max);
  return std::nullopt;
}

std::optional<std::string_view> find_header(const Record& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

EventDecoder::EventDecoder(const IngestOptions& options) : options_(options), parser_(options.depth_max) {
  for (const InputTopic& topic : options.topics) {
    const FieldMapping& m = topic.mapping;
    topics_.push_back({m, JsonPath(m.user), JsonPath(m.item), JsonPath(m.time), JsonPath(m.kind), JsonPath(m.value),
                       JsonPath(m.price), JsonPath(m.quantity), JsonPath(m.session), JsonPath(m.event_id),
                       TimeReader(m)});
  }
}

EventDecoder::Decoded EventDecoder::decode(const Record& record) {
  MILLRACE_CHECK(raw(record.position.topic) < topics_.size());
  const Topic& topic = topics_[raw(record.position.topic)];
  if (auto fault = parse_payload(record, options_, parser_)) return {std::move(*fault), std::nullopt};
  Event event;
  event.position = record.position;
  event.record_time = record.timestamp;
  if (auto fault = read_kind(record, topic, event)) return {std::move(*fault), std::nullopt};
  const KindIndex kind = event.kind;
  if (auto fault = read_ids(record, topic, event)) return {std::move(*fault), kind};
  if (auto fault = read_time(record, topic, event)) return {std::move(*fault), kind};
  if (auto fault = read_numbers(topic, event)) return {std::move(*fault), kind};
  return {std::move(event), kind};
}

std::optional<Fault> EventDecoder::read_ids(const Record& record, const Topic& topic, Event& event) {
  const std::size_t bytes_max = options_.id_bytes_max;
  if (topic.user.empty()) {
    auto field = id_text(record.key.value_or(""), bytes_max);
    if (!field.value.has_value()) return Fault{reason::kBadUser, at_path("the record's key", field.problem)};
    event.user = UserId(std::move(*field.value));
  } else if (auto fault = read_id(parser_.at(topic.user), topic.mapping.user, reason::kBadUser, bytes_max, true,
                                  event.user.bytes)) {
    return fault;
  }
  if (auto fault =
          read_id(parser_.at(topic.item), topic.mapping.item, reason::kBadItem, bytes_max, true, event.item.bytes)) {
    return fault;
  }
  if (auto fault = read_id(parser_.at(topic.session), topic.mapping.session, reason::kBadSession, bytes_max, false,
                           event.session)) {
    return fault;
  }
  const JsonValue event_id = parser_.at(topic.event_id);
  if (event_id.type != Type::kAbsent) {
    return read_id(event_id, topic.mapping.event_id, reason::kBadEventId, bytes_max, true, event.event_id);
  }
  if (const auto header = find_header(record, "ce_id")) {
    auto field = id_text(*header, bytes_max);
    if (!field.value.has_value()) return Fault{reason::kBadEventId, at_path("header ce_id", field.problem)};
    event.event_id = std::move(*field.value);
  }
  return std::nullopt;
}

std::optional<Fault> EventDecoder::read_kind(const Record& record, const Topic& topic, Event& event) {
  const JsonValue value = parser_.at(topic.kind);
  std::string name = topic.mapping.default_kind;
  if (value.type != Type::kAbsent) {
    if (auto fault = read_id(value, topic.mapping.kind, reason::kBadKind, options_.id_bytes_max, true, name))
      return fault;
  } else if (const auto header = find_header(record, "ce_type"); header && options_.kinds.find(*header)) {
    name = *header;
  }
  const auto kind = options_.kinds.find(name);
  if (!kind.has_value()) {
    const JsonValue shown{.type = name.empty() ? Type::kAbsent : Type::kText, .text = name};
    return Fault{reason::kBadKind, at_path(topic.mapping.kind, "found " + describe(shown) + ", expected one of " +
                                                                   known_kinds(options_.kinds))};
  }
  event.kind = *kind;
  return std::nullopt;
}

std::optional<Fault> EventDecoder::read_time(const Record& record, const Topic& topic, Event& event) {
  if (topic.mapping.time_unit == TimeUnit::kRecord) {
    event.event_time = record.timestamp;
  } else if (const JsonValue value = parser_.at(topic.time); value.type != Type::kAbsent) {
    auto field = topic.times.read(value);
    if (!field.value.has_value()) return Fault{reason::kBadTime, at_path(topic.mapping.time, field.problem)};
    event.event_time = *field.value;
  } else if (const auto header = find_header(record, "ce_time")) {
    auto field = rfc3339_time(*header);
    if (!field.value.has_value()) return Fault{reason::kBadTime, at_path("header ce_time", field.problem)};
    event.event_time = *field.value;
  } else if (topic.time.empty()) {
    event.event_time = record.timestamp;
  } else {
    return Fault{reason::kBadTime, at_path(topic.mapping.time, "found nothing, expected a time")};
  }
  if (event.event_time < Millis{0} || event.event_time >= kEventTimeEnd) {
    return Fault{reason::kBadTime, "the record's timestamp is " + std::to_string(event.event_time.count) +
                                       " ms, expected a time from 1970 on and before the year 9999"};
  }
  return std::nullopt;
}

std::optional<Fault> EventDecoder::read_numbers(const Topic& topic, Event& event) {
  const auto read = [this](const JsonPath& path, const std::string& name, std::string_view why, float& target) {
    const JsonValue value = parser_.at(path);
    if (value.type == Type::kAbsent) return std::optional<Fault>();
    auto field = number_field(value);
    if (!field.value.has_value()) return std::optional<Fault>({why, at_path(name, field.problem)});
    target = *field.value;
    return std::optional<Fault>();
  };
  const FieldMapping& mapping = topic.mapping;
  if (auto fault = read(topic.value, mapping.value, reason::kBadValue, event.value)) return fault;
  if (auto fault = read(topic.price, mapping.price, reason::kBadPrice, event.price)) return fault;
  if (auto fault = read(topic.quantity, mapping.quantity, reason::kBadQuantity, event.quantity)) return fault;
  const bool rating = options_.kinds.at(event.kind).signal == Signal::kRating;
  if (rating && parser_.at(topic.value).type == Type::kAbsent) {
    return Fault{reason::kBadValue, at_path(mapping.value, "found nothing, expected the rating's value")};
  }
  if (event.price < 0.0F) {
    return Fault{reason::kBadPrice, at_path(mapping.price, "found a negative price; a return has a negative quantity")};
  }
  if (event.quantity == 0.0F) return Fault{reason::kBadQuantity, at_path(mapping.quantity, "found a quantity of 0")};
  return std::nullopt;
}

}  // namespace millrace
