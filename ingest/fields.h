// What a single field means: ids, numbers and times out of JSON values or text. Pure functions; errors are the reason's
// detail.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"
#include "ingest/json.h"
#include "ingest/mapping.h"

namespace millrace {

// Either what a field says or why it cannot be used.
template <class T>
struct Field {
  std::optional<T> value;
  std::string problem;  // where value is absent

  static Field of(T v) { return {std::move(v), {}}; }
  static Field refuse(std::string why) { return {std::nullopt, std::move(why)}; }
};

// Event times are admitted from 1970 up to, not including, this: years from 9999 on are placeholders or a wrong unit.
inline constexpr Millis kEventTimeEnd{253'370'764'800'000};

// An id as text: 42, 42.0 and "42" are the same. Refuses what is empty, longer than `bytes_max`, not valid UTF-8, a
// boolean, a container, or a number that is not a whole one below 2^53 in size (as written with a point or exponent;
// plain integers are exact in 64 bits).
Field<std::string> id_field(const JsonValue& value, std::size_t bytes_max);
Field<std::string> id_text(std::string_view text, std::size_t bytes_max);

// A number, or text that is one; finite as a float.
Field<float> number_field(const JsonValue& value);
Field<float> number_text(std::string_view text);

// A number since the Unix epoch in `mapping.time_unit` (as a number or as text), or a text time. Not for
// TimeUnit::kRecord.
class TimeReader {
 public:
  explicit TimeReader(const FieldMapping& mapping);
  ~TimeReader();
  TimeReader(TimeReader&&) noexcept;
  Field<Millis> read(const JsonValue& value) const;
  Field<Millis> read_text(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RFC 3339 with an offset, as CloudEvents write it.
Field<Millis> rfc3339_time(std::string_view text);

// Whether the time zone database knows the name.
bool time_zone_known(const std::string& name);

// "absent", "the number 4.5", "an object", … for messages; text is cut at 40 bytes.
std::string describe(const JsonValue& value);

}  // namespace millrace
