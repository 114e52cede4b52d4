// The published message. In step with docs/list.schema.json.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr unsigned kSchema = 1;

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Writer& writer, std::string_view value) {
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

// The shortest digits that give the same float back. JSON has no infinities; none are published as 0.
void number(Writer& writer, float value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), std::isfinite(value) ? value : 0.0F).ptr;
  writer.RawValue(digits.data(), static_cast<std::size_t>(end - digits.data()), rapidjson::kNumberType);
}

void write_reflects(Writer& writer, const RecommendationList& list, const Names& names) {
  writer.StartObject();
  writer.Key("offsets");
  writer.StartArray();
  for (const Reflected& reflected : list.reflects) {
    writer.StartObject();
    writer.Key("topic");
    text(writer, names.topic(reflected.topic));
    writer.Key("partition");
    writer.Int(raw(reflected.partition));
    writer.Key("next");
    writer.Int64(raw(reflected.next));
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("model_step");
  writer.Uint64(list.model_step);
  writer.Key("event_time");
  writer.Int64(list.event_time.count);
  writer.EndObject();
}

void write_item(Writer& writer, const RankedItem& item, const RecommendationList& list, const Names& names,
                bool titles) {
  writer.StartObject();
  writer.Key("item");
  text(writer, names.item(item.item).view());
  if (titles) {
    const std::string title = names.title(item.item);
    if (!title.empty()) {
      writer.Key("title");
      text(writer, title);
    }
  }
  writer.Key("score");
  number(writer, item.score);
  writer.Key("propensity");
  number(writer, item.propensity);
  writer.Key("reason");
  text(writer, reason_name(item.reason));
  if (item.because != kUnknownItem) {
    writer.Key("because");
    text(writer, names.item(item.because).view());
  }
  if (item.learner < list.learners.size()) {
    writer.Key("learner");
    text(writer, list.learners[item.learner]);
  }
  writer.EndObject();
}

}  // namespace

std::string render_list(const RecommendationList& list, const Names& names, const ListFormat& format,
                        Millis generated) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("schema");
  writer.Uint(kSchema);
  writer.Key("user");
  text(writer, list.user.view());
  writer.Key("version");
  writer.Uint64(list.version);
  writer.Key("model");
  writer.StartObject();
  writer.Key("name");
  text(writer, format.model);
  writer.Key("step");
  writer.Uint64(list.step);
  writer.EndObject();
  writer.Key("reflects");
  write_reflects(writer, list, names);
  writer.Key("generated_at");
  writer.Int64(generated.count);
  writer.Key("items");
  writer.StartArray();
  for (const RankedItem& item : list.items) write_item(writer, item, list, names, format.titles);
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace millrace
