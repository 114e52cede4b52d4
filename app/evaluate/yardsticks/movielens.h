// MovieLens 100k as the yardsticks D and E read it.
#pragma once

#include <vector>

#include "app/evaluate/contents.h"
#include "app/evaluate/yardsticks/yardstick.h"
#include "core/event.h"

namespace millrace {

// Ratings in time order, ties in the file's order.
Result<std::vector<Event>> read_movielens(const YardstickOptions& options);

// Titles, genres and decades.
Result<ItemContents> read_movies(const YardstickOptions& options);

}  // namespace millrace
