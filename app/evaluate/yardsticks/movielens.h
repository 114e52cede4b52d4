// MovieLens 100k as the protocols D and E read it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <string>
#include <vector>

#include "app/evaluate/yardsticks/protocol.h"
#include "core/catalogue.h"
#include "core/event.h"

namespace millrace {

// Ratings in time order, ties in the file's order.
Result<std::vector<Event>> read_movielens(const YardstickOptions& options, const KindTable& kinds);

// Titles, genres and decades, handed to the step after an item's first event: nothing is known of an item before its
// turn.
class MovieContent {
 public:
  static Result<MovieContent> read(const YardstickOptions& options);
  // To be called after each event was learnt.
  void announce(const ItemId& item, StepRunner& runner);

 private:
  absl::flat_hash_map<std::string, ItemContent> untold_;
};

}  // namespace millrace
