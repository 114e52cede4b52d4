#include "ingest/fields.h"

#include <absl/time/time.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

namespace millrace {
namespace {

using Type = JsonValue::Type;

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
constexpr std::size_t kShownBytes = 40;

std::string quote(std::string_view text) {
  // A cut inside a character must not make the message invalid UTF-8.
  std::size_t size = std::min(text.size(), kShownBytes);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  const std::string_view shown = text.substr(0, size);
  if (!is_valid_utf8(shown)) return "text that is not valid UTF-8";
  std::string quoted(1, '"');
  quoted.append(shown).append(size < text.size() ? "…\"" : "\"");
  return quoted;
}

std::string number_of(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

// Abseil's own view type where it was built without the standard one.
absl::string_view absl_view(std::string_view text) { return {text.data(), text.size()}; }

template <class T>
std::optional<T> whole_text(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Field<float> finite_float(double value) {
  const float narrow = static_cast<float>(value);
  if (!std::isfinite(narrow)) return Field<float>::refuse("found " + number_of(value) + ", expected a finite number");
  return Field<float>::of(narrow);
}

Field<Millis> admitted(double millis, const std::string& shown) {
  if (!(millis >= 0.0 && millis < static_cast<double>(kEventTimeEnd.count))) {
    return Field<Millis>::refuse("found " + shown +
                                 ", expected a time from 1970 on and before the year 9999; check the time unit");
  }
  return Field<Millis>::of({static_cast<std::int64_t>(std::floor(millis))});
}

// Microseconds since the epoch need more than the 53 bits of a double only after the year 2255.
Field<Millis> from_number(double value, TimeUnit unit, const std::string& shown) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return admitted(std::round(value * 1e6) / 1e3, shown);
    case TimeUnit::kMilliseconds:
      return admitted(value, shown);
    case TimeUnit::kMicroseconds:
      return admitted(value / 1e3, shown);
    case TimeUnit::kText:
    case TimeUnit::kRecord:
      break;
  }
  return Field<Millis>::refuse("found " + shown + ", expected a text time; set time_unit to s, ms or us for numbers");
}

Field<Millis> from_absl(absl::Time time, std::string_view text) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return Field<Millis>::refuse("found " + quote(text) + ", expected a time");
  }
  return admitted(static_cast<double>(absl::ToUnixMillis(time)), quote(text));
}

}  // namespace

std::string describe(const JsonValue& value) {
  switch (value.type) {
    case Type::kAbsent:
      return "nothing";
    case Type::kBoolean:
      return value.boolean ? "true" : "false";
    case Type::kInteger:
      return "the number " + std::to_string(value.integer);
    case Type::kUnsigned:
      return "the number " + std::to_string(value.unsigned_value);
    case Type::kReal:
      return "the number " + number_of(value.real);
    case Type::kText:
      return quote(value.text);
    case Type::kObject:
      return "an object";
    case Type::kArray:
      return "an array";
  }
  return "";
}

Field<std::string> id_text(std::string_view text, std::size_t bytes_max) {
  if (text.empty()) return Field<std::string>::refuse("found an empty id");
  if (text.size() > bytes_max) {
    return Field<std::string>::refuse("found an id of " + std::to_string(text.size()) + " bytes, expected at most " +
                                      std::to_string(bytes_max));
  }
  if (!is_valid_utf8(text)) return Field<std::string>::refuse("found an id that is not valid UTF-8");
  return Field<std::string>::of(std::string(text));
}

Field<std::string> id_field(const JsonValue& value, std::size_t bytes_max) {
  switch (value.type) {
    case Type::kText:
      return id_text(value.text, bytes_max);
    case Type::kInteger:
      return Field<std::string>::of(std::to_string(value.integer));
    case Type::kUnsigned:
      return Field<std::string>::of(std::to_string(value.unsigned_value));
    case Type::kReal:
      if (std::floor(value.real) == value.real && std::fabs(value.real) < kExactIntegers) {
        return Field<std::string>::of(std::to_string(static_cast<std::int64_t>(value.real)));
      }
      break;
    default:
      break;
  }
  return Field<std::string>::refuse("found " + describe(value) + ", expected a text or a whole number");
}

Field<float> number_text(std::string_view text) {
  const auto value = whole_text<double>(text);
  if (!value.has_value()) return Field<float>::refuse("found " + quote(text) + ", expected a number");
  return finite_float(*value);
}

Field<float> number_field(const JsonValue& value) {
  switch (value.type) {
    case Type::kInteger:
      return finite_float(static_cast<double>(value.integer));
    case Type::kUnsigned:
      return finite_float(static_cast<double>(value.unsigned_value));
    case Type::kReal:
      return finite_float(value.real);
    case Type::kText:
      return number_text(value.text);
    default:
      return Field<float>::refuse("found " + describe(value) + ", expected a number");
  }
}

struct TimeReader::State {
  TimeUnit unit = TimeUnit::kMilliseconds;
  std::vector<std::string> formats;  // the first that fits counts
  absl::TimeZone zone;
};

TimeReader::TimeReader(const FieldMapping& mapping) : state_(std::make_unique<State>()) {
  state_->unit = mapping.time_unit;
  state_->zone = absl::UTCTimeZone();
  absl::LoadTimeZone(mapping.time_zone, &state_->zone);
  if (mapping.time_format.empty()) {
    state_->formats = {absl::RFC3339_full, "%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S"};
  } else {
    state_->formats = {mapping.time_format};
  }
}
TimeReader::~TimeReader() = default;
TimeReader::TimeReader(TimeReader&&) noexcept = default;

Field<Millis> TimeReader::read(const JsonValue& value) const {
  switch (value.type) {
    case Type::kInteger:
      return from_number(static_cast<double>(value.integer), state_->unit, describe(value));
    case Type::kUnsigned:
      return from_number(static_cast<double>(value.unsigned_value), state_->unit, describe(value));
    case Type::kReal:
      return from_number(value.real, state_->unit, describe(value));
    case Type::kText:
      return read_text(value.text);
    default:
      return Field<Millis>::refuse("found " + describe(value) + ", expected a time");
  }
}

Field<Millis> TimeReader::read_text(std::string_view text) const {
  if (state_->unit != TimeUnit::kText) {
    const auto number = whole_text<double>(text);
    if (number.has_value()) return from_number(*number, state_->unit, quote(text));
    return Field<Millis>::refuse("found " + quote(text) +
                                 ", expected a number; set time_unit to text for written times");
  }
  absl::Time time;
  std::string why;
  for (const std::string& format : state_->formats) {
    if (absl::ParseTime(format, absl_view(text), state_->zone, &time, &why)) return from_absl(time, text);
  }
  return Field<Millis>::refuse("found " + quote(text) + ", expected a time written as " + state_->formats.front());
}

Field<Millis> rfc3339_time(std::string_view text) {
  absl::Time time;
  std::string why;
  if (absl::ParseTime(absl::RFC3339_full, absl_view(text), &time, &why)) return from_absl(time, text);
  return Field<Millis>::refuse("found " + quote(text) + ", expected an RFC 3339 time");
}

bool time_zone_known(const std::string& name) {
  absl::TimeZone zone;
  return absl::LoadTimeZone(name, &zone);
}

}  // namespace millrace
