#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "app/evaluate/protocols/protocols.h"
#include "core/check.h"

namespace millrace {

PeriodEnds equal_periods(std::size_t events, std::size_t periods) {
  MILLRACE_CHECK(periods > 0);
  PeriodEnds ends;
  for (std::size_t p = 1; p <= periods; ++p) ends.push_back(events * p / periods);
  return ends;
}

PeriodEnds periods_of_length(std::span<const Event> events, Millis length) {
  MILLRACE_CHECK(length.count > 0);
  PeriodEnds ends;
  const auto period_of = [length, &events](std::size_t i) {
    return (events[i].event_time.count - events.front().event_time.count) / length.count;
  };
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (period_of(i) != period_of(i - 1)) ends.push_back(i);
  }
  ends.push_back(events.size());
  return ends;
}

std::vector<std::string> session_keys(std::span<const Event> events, Millis gap) {
  struct Visit {
    Millis last;
    std::size_t number = 0;
  };
  absl::flat_hash_map<std::string, Visit> visits;
  std::vector<std::string> keys;
  keys.reserve(events.size());
  for (const Event& event : events) {
    if (!event.session.empty()) {
      keys.push_back(event.user.bytes + '\n' + event.session);
      continue;
    }
    const auto [visit, is_new] = visits.try_emplace(event.user.bytes, Visit{event.event_time, 0});
    if (!is_new && event.event_time - visit->second.last > gap) ++visit->second.number;
    visit->second.last = event.event_time;
    keys.push_back(event.user.bytes + "\n\n" + std::to_string(visit->second.number));
  }
  return keys;
}

}  // namespace millrace
