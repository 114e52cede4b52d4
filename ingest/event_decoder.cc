#include "ingest/event_decoder.h"

#include <utility>

#include "core/check.h"

namespace millrace {
namespace {

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

EventDecoder::EventDecoder(const IngestOptions& options) : options_(options), parser_(options.depth_max) {
  for (const InputTopic& topic : options.topics) {
    const FieldMapping& m = topic.mapping;
    topics_.push_back({JsonPath(m.user), JsonPath(m.item), JsonPath(m.time), JsonPath(m.kind), JsonPath(m.value),
                       JsonPath(m.price), JsonPath(m.quantity), JsonPath(m.session), JsonPath(m.event_id),
                       EventReader(m, options.kinds, options.id_bytes_max)});
  }
}

DecodedEvent EventDecoder::decode(const Record& record) {
  MILLRACE_CHECK(raw(record.position.topic) < topics_.size());
  const Topic& topic = topics_[raw(record.position.topic)];
  if (auto fault = parse_payload(record, options_, parser_)) return {std::move(*fault), std::nullopt};
  const EventFields fields{.user = parser_.at(topic.user),
                           .item = parser_.at(topic.item),
                           .time = parser_.at(topic.time),
                           .kind = parser_.at(topic.kind),
                           .value = parser_.at(topic.value),
                           .price = parser_.at(topic.price),
                           .quantity = parser_.at(topic.quantity),
                           .session = parser_.at(topic.session),
                           .event_id = parser_.at(topic.event_id)};
  return topic.reader.read(record, fields);
}

}  // namespace millrace
