// Durations and sizes as people write them: "250ms", "30m", "7d"; "64KiB", "2GiB", or a plain number of bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace millrace {

// A whole number and one of ms, s, m, h, d; a space between them is allowed. Absent for anything else, overflow
// included.
std::optional<Millis> parse_duration(std::string_view text);
// In the largest unit that gives a whole number.
std::string format_duration(Millis duration);

// A whole number and one of B, KiB, MiB, GiB, TiB, or none.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
std::string format_bytes(std::uint64_t bytes);

// The shortest decimal fraction that is read back as the same float, with a point: 0.006, 40000.0.
std::string format_float(float value);

}  // namespace millrace
