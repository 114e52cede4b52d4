#include "app/evaluate/state_source.h"

#include <string>
#include <utility>

#include "model/example_log.h"

namespace millrace {
namespace {

Event event_of(const Example& example, const ItemId& item) {
  Event event;
  event.position.offset = Offset{static_cast<std::int64_t>(example.sequence)};
  event.event_time = event.record_time = example.time;
  event.user = UserId(std::to_string(raw(example.context.user)));
  event.item = item;
  event.kind = example.kind;
  event.value = example.value;
  event.price = example.price;
  event.quantity = example.quantity;
  event.session = std::to_string(example.context.session);
  return event;
}

Status check_example(const Example& example, const FeatureOptions& options, const Features& features) {
  if (raw(example.kind) >= options.kinds.size() || options.kinds.at(example.kind).signal != example.signal) {
    return stop_error(ErrorCode::kInvalid, "reading the example log: example " + std::to_string(example.sequence) +
                                               " is of kind " + std::to_string(raw(example.kind)) +
                                               ", which [[kinds]] has not or means otherwise; give the configuration "
                                               "that the service runs with");
  }
  if (raw(example.item) < features.item_count()) return Ok{};
  return stop_error(ErrorCode::kCorruption, "reading the example log: example " + std::to_string(example.sequence) +
                                                " is of an item without a name; see \"millrace verify\"");
}

}  // namespace

Result<EventStream> read_example_log(const FeatureOptions& options, const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const auto features, open_features(options, store));
  ExampleLog log(1);
  MILLRACE_RETURN_IF_ERROR(log.load(store));
  EventStream stream;
  stream.name = "the example log";
  stream.events.reserve(log.end() - log.begin());
  for (std::uint64_t sequence = log.begin(); sequence < log.end(); ++sequence) {
    const Example example = log.at(sequence);
    MILLRACE_RETURN_IF_ERROR(check_example(example, options, *features));
    stream.events.push_back(event_of(example, features->item_id(example.item)));
  }
  if (stream.events.empty()) {
    return stop_error(ErrorCode::kInvalid, "reading the example log: it is empty; the service has learnt nothing yet");
  }
  for (std::size_t item = 0; item < features->item_count(); ++item) {
    const ItemId& id = features->item_id(ItemIndex{static_cast<std::uint32_t>(item)});
    MILLRACE_ASSIGN_OR_RETURN(auto content, features->content(id));
    if (content) stream.contents.add(id, std::move(*content));
  }
  return stream;
}

}  // namespace millrace
