#include "ingest/text_time.h"

#include <absl/time/time.h>

#include <string>

namespace millrace {

std::optional<Millis> parse_rfc3339(std::string_view text) {
  const std::string given(text);
  absl::Time time;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, given, &time, &ignored) &&
      !absl::ParseTime("%Y-%m-%d", given, &time, &ignored)) {
    return std::nullopt;
  }
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return Millis{absl::ToUnixMillis(time)};
}

}  // namespace millrace
