// How much work a step spends on learning and on lists. Decided outside the step (more while the stream leaves time)
// and recorded with it, so that the step stays a function of what it is handed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace millrace {

struct Effort {
  std::uint32_t replays = 4;            // replayed examples for each fresh one
  std::uint32_t ranked_examples = 128;  // of the step: ranked before they are learnt, to teach the ranker
  std::uint32_t depth_percent = 100;  // of the candidates that each family offers; of what the memory looks at its cube
  bool operator==(const Effort&) const = default;

  // That share of `full`, at least 1 of it.
  std::size_t share(std::size_t full) const {
    return std::max(std::min<std::size_t>(1, full), full * depth_percent / 100);
  }
};

}  // namespace millrace
