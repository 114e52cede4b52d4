// Which field of a payload means what. Paths are dotted ("user.id"); array elements by number ("items.0.item_id"). A
// path that is empty is not looked for. Numbers and strings make the same id: 42, 42.0 and "42" are one user.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace millrace {

// How a time field is written. A number is since the Unix epoch in the stated unit; text is RFC 3339, or `time_format`
// in absl::ParseTime syntax, read in `time_zone` where it names none.
enum class TimeUnit : std::uint8_t {
  kSeconds,
  kMilliseconds,
  kMicroseconds,
  kText,
  kRecord
};  // kRecord: the record's timestamp

struct FieldMapping {
  std::string user = "user_id";  // empty: the record's key
  std::string item = "item_id";
  std::string time = "event_time";
  std::string kind = "event_type";  // absent in a payload: default_kind
  std::string value = "value";
  std::string price = "price";
  std::string quantity = "quantity";
  std::string session = "session_id";
  std::string event_id = "event_id";
  std::string default_kind;
  TimeUnit time_unit = TimeUnit::kMilliseconds;
  std::string time_format;  // empty: RFC 3339
  std::string time_zone = "UTC";
  // items topic only; `item` empty there: the record's key
  std::string title = "title";
  std::string text = "text";
  std::string categories = "categories";  // a string, or an array of strings
  std::string available = "available";
  std::string vector = "vector";
};

Result<TimeUnit> parse_time_unit(std::string_view text);  // "s", "ms", "us", "text", "record"

}  // namespace millrace
