#include "ingest/mapping.h"

#include <string>

#include "ingest/fields.h"
#include "ingest/ingest.h"

namespace millrace {
namespace {

Status check_mapping(const std::string& topic, const FieldMapping& mapping, const KindTable& kinds) {
  const auto refuse = [&topic](const std::string& problem) {
    return stop_error(ErrorCode::kInvalid, "checking the field mapping of topic " + topic + ": " + problem);
  };
  if (mapping.item.empty()) return refuse("item is empty, expected the path of the item's id");
  if (!mapping.default_kind.empty() && !kinds.find(mapping.default_kind)) {
    return refuse("default_kind is \"" + mapping.default_kind + "\", expected one of the configured kinds");
  }
  if (mapping.kind.empty() && mapping.default_kind.empty()) {
    return refuse("kind and default_kind are both empty, expected a path or a kind");
  }
  if (!time_zone_known(mapping.time_zone)) {
    return refuse(
        "time_zone is \"" + mapping.time_zone +
        "\", expected a name of the time zone database such as UTC or Europe/Berlin; install tzdata if it is missing");
  }
  return Ok{};
}

}  // namespace

Result<TimeUnit> parse_time_unit(std::string_view text) {
  if (text == "s") return TimeUnit::kSeconds;
  if (text == "ms") return TimeUnit::kMilliseconds;
  if (text == "us") return TimeUnit::kMicroseconds;
  if (text == "text") return TimeUnit::kText;
  if (text == "record") return TimeUnit::kRecord;
  return stop_error(ErrorCode::kInvalid,
                    "reading a time unit: found \"" + std::string(text) + "\", expected s, ms, us, text or record");
}

Status check_ingest(const IngestOptions& options) {
  constexpr std::size_t kMax = 255;
  if (options.topics.size() > kMax || options.kinds.size() > kMax) {
    return stop_error(ErrorCode::kInvalid, "checking the input: found " + std::to_string(options.topics.size()) +
                                               " topics and " + std::to_string(options.kinds.size()) +
                                               " kinds, expected at most 255 of each");
  }
  for (const InputTopic& topic : options.topics) {
    MILLRACE_RETURN_IF_ERROR(check_mapping(topic.name, topic.mapping, options.kinds));
  }
  return Ok{};
}

}  // namespace millrace
