// How fresh the lists are that an evaluation scores: how often what was learnt reaches what answers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "app/evaluate/evaluator.h"
#include "core/result.h"

namespace millrace {

struct Sync {
  // Synchronisations a period, the one at its beginning included; 0: none are needed, every event is learnt when it
  // comes (weights at the end of a batch).
  std::size_t per_period = 0;
  bool every_event() const { return per_period == 0; }
  std::string name() const;  // "event", "period", "10"
  bool operator==(const Sync&) const = default;
};
// "event", "period" (once, at its beginning), or a number from 1.
Result<Sync> parse_sync(std::string_view text);

// Freezes and thaws the evaluator at equal distances in a period. Between two synchronisations nothing moves but users'
// own histories.
class Synchroniser {
 public:
  Synchroniser(Sync sync, Evaluator& evaluator) : sync_(sync), evaluator_(evaluator) {}
  // A period of so many events, or baskets, begins.
  Status begin(std::size_t size);
  // Before the one at this place of the period, from 0.
  Status at(std::size_t place);
  // What waits is learnt; or only answered, where nothing will be asked any more.
  Status end(bool learn = true);

 private:
  Sync sync_;
  Evaluator& evaluator_;
  std::size_t size_ = 0;
  std::size_t done_ = 0;  // synchronisations of this period
};

}  // namespace millrace
