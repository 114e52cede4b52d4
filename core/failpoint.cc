#include "core/failpoint.h"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "core/random.h"

namespace millrace {
namespace {

constexpr int kKilled = 137;  // what a shell reports of kill -9

struct Schedule {
  Random random{0};
  std::uint64_t one_in = 1;
  std::string name;  // empty: all
};

// A number up to the next colon, which is taken off `text` with it.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Schedule> parse(std::string_view text) {
  Schedule schedule;
  std::uint64_t seed = 0;
  if (!take_number(text, seed) || !take_number(text, schedule.one_in) || schedule.one_in == 0) return std::nullopt;
  schedule.random = Random(seed);
  schedule.name = text;
  if (schedule.name.empty()) return schedule;
  for (std::size_t i = 0; i < kFailpoints; ++i) {
    if (failpoint_name(Failpoint{static_cast<std::uint8_t>(i)}) == schedule.name) return schedule;
  }
  return std::nullopt;
}

FailpointHandler& handler() {
  static FailpointHandler current = [] {
    const char* schedule = std::getenv("MILLRACE_FAILPOINTS");
    return parse_failpoint_schedule(schedule == nullptr ? "" : schedule);
  }();
  return current;
}

}  // namespace

void set_failpoint_handler(FailpointHandler next) { handler() = std::move(next); }

FailpointHandler parse_failpoint_schedule(std::string_view text) {
  if (text.empty()) return {};
  std::optional<Schedule> schedule = parse(text);
  if (!schedule) {
    std::fprintf(stderr, "MILLRACE_FAILPOINTS: found %s, expected SEED:ONE_IN or SEED:ONE_IN:NAME\n",
                 std::string(text).c_str());
    _exit(2);
  }
  return [schedule = *std::move(schedule)](Failpoint failpoint) mutable {
    if (!schedule.name.empty() && failpoint_name(failpoint) != schedule.name) return;
    if (schedule.random.below(schedule.one_in) == 0) _exit(kKilled);
  };
}

void reach_failpoint(Failpoint failpoint) {
  if (const FailpointHandler& current = handler()) current(failpoint);
}

}  // namespace millrace
