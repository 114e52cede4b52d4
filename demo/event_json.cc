#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "demo/event_source.h"

namespace millrace {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void field(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

// Six digits suffice for prices and keep 2.55F from being written as 2.549999952.
void field(Writer& writer, const char* name, float number) {
  writer.Key(name);
  writer.SetMaxDecimalPlaces(6);
  writer.Double(std::stod(std::to_string(number)));
}

}  // namespace

std::string event_json(const DemoEvent& event) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  field(writer, "event_id", event.event_id);
  field(writer, "event_type", event.kind);
  field(writer, "user_id", event.user);
  field(writer, "item_id", event.item);
  writer.Key("event_time");
  writer.Int64(event.time.count);
  if (!event.session.empty()) field(writer, "session_id", event.session);
  if (event.kind == "rating") field(writer, "value", event.value);
  if (event.kind == "purchase") {
    field(writer, "price", event.price);
    field(writer, "quantity", event.quantity);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string item_json(const DemoItem& item) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  field(writer, "title", item.title);
  writer.Key("categories");
  writer.StartArray();
  for (const std::string& category : item.categories) writer.String(category.c_str());
  writer.EndArray();
  if (item.price > 0.0F) field(writer, "price", item.price);
  writer.Key("available");
  writer.Bool(true);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace millrace
