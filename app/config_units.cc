#include "app/config_units.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace millrace {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};
constexpr std::array kDurations{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000},
                                Unit{"ms", 1}};
constexpr std::array kSizes{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30}, Unit{"MiB", 1ULL << 20},
                            Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};

std::optional<std::uint64_t> parse_units(std::string_view text, std::span<const Unit> units, bool bare) {
  std::uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return std::nullopt;
  std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty() && bare) return count;
  if (name.starts_with(' ')) name.remove_prefix(1);
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    if (count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.size) return std::nullopt;
    return count * unit.size;
  }
  return std::nullopt;
}

std::string format_units(std::uint64_t amount, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.size == 0) return std::to_string(amount / unit.size) + std::string(unit.name);
  }
  return "0" + std::string(units.back().name);
}

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  const auto amount = parse_units(text, kDurations, false);
  if (!amount) return std::nullopt;
  return Millis{static_cast<std::int64_t>(*amount)};
}

std::string format_duration(Millis duration) {
  return format_units(static_cast<std::uint64_t>(duration.count), kDurations);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) { return parse_units(text, kSizes, true); }

std::string format_bytes(std::uint64_t bytes) { return format_units(bytes, kSizes); }

std::string format_float(float value) {
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  std::string text(buffer.data(), error == std::errc() ? end : buffer.data());
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace millrace
