// A seeded stream of clicks, purchases, returns and ratings with late events, for tests that compare whole states.
#pragma once

#include <string>
#include <vector>

#include "core/random.h"
#include "tests/features/feature_world.h"

namespace millrace {

inline std::string numbered(char letter, std::uint64_t number) {
  std::string name(1, letter);
  name += std::to_string(number);
  return name;
}

inline std::vector<Event> random_events(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Event> events;
  std::int64_t now = 1'700'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(random.below(200));
    const std::string user = numbered('u', random.below(20));
    const std::string item = numbered('i', random.below(30));
    const std::int64_t time = random.below(5) == 0 ? now - static_cast<std::int64_t>(random.below(20'000)) : now;
    switch (random.below(8)) {
      case 0:
        events.push_back(rating(user, item, time, static_cast<float>(1 + random.below(5))));
        break;
      case 1:
        events.push_back(purchase(user, item, time, -static_cast<float>(1 + random.below(3))));
        break;
      case 2:
      case 3:
        events.push_back(purchase(user, item, time, static_cast<float>(1 + random.below(3))));
        break;
      default:
        events.push_back(click(user, item, time));
    }
    events.back().price = static_cast<float>(random.below(4));
  }
  return events;
}

}  // namespace millrace
