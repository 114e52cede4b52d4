#include "model/replay.h"

#include <algorithm>

namespace millrace {

void draw_replays(const ExampleLog& log, std::uint64_t end, std::size_t count, bool recent, double recent_mean,
                  Random& random, std::vector<Example>& replays) {
  const std::uint64_t size = std::min(end, log.capacity());
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t age =
        recent ? static_cast<std::uint64_t>(random.exponential() * recent_mean) % size : random.below(size);
    replays.push_back(log.at(end - 1 - age));
  }
}

}  // namespace millrace
