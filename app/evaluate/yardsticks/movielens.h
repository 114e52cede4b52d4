// MovieLens 100k as the yardsticks D and E read it.
#pragma once

#include <functional>
#include <vector>

#include "app/evaluate/contents.h"
#include "app/evaluate/yardsticks/yardstick.h"
#include "core/event.h"

namespace millrace {

// Ratings in time order, ties in the file's order.
Result<std::vector<Event>> read_movielens(const YardstickOptions& options);

// Titles, genres and decades.
Result<ItemContents> read_movies(const YardstickOptions& options);

// The report of a run in which ties are visible, with what is served where all of a second is hidden as a part of it:
// half of the ratings share their second with the same user's previous one.
Result<EvaluationReport> run_twice(const std::function<Result<EvaluationReport>(bool hide_second)>& run);

}  // namespace millrace
