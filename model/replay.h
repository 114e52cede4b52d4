// Which logged examples are learnt again (experience replay). Drawn by a generator seeded with the step, so that
// recovery draws the same.
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "model/example_log.h"

namespace millrace {

// Appends `count` of the newest log.capacity() examples before `end`: uniformly, or `recent`: end − 1 − Exp(mean
// `recent_mean`), wrapped into the range. Requires a non-empty range that the log still holds.
void draw_replays(const ExampleLog& log, std::uint64_t end, std::size_t count, bool recent, double recent_mean,
                  Random& random, std::vector<Example>& replays);

}  // namespace millrace
