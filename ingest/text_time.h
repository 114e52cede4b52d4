// Times as people write them on a command line.
#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace millrace {

// RFC 3339 ("2024-05-01T08:30:00Z", "…+02:00"), or a day alone: its first moment in UTC.
std::optional<Millis> parse_rfc3339(std::string_view text);

}  // namespace millrace
