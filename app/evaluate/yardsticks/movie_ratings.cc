// Yardstick D: MovieLens ratings, clipped to 1 … 5 (protocol ratings). A second run predicts all ratings of a second
// before the first of them is learnt: half of them share their second with the same user's previous one.
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/movielens.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

Result<EvaluationReport> run_once(const YardstickOptions& options, const std::vector<Event>& events, bool hide_second) {
  EvaluatorOptions scores;
  scores.rating_range = {1.0F, 5.0F};
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, events.size()));
  MILLRACE_ASSIGN_OR_RETURN(ItemContents contents, read_movies(options));
  RatingOptions protocol;
  protocol.hide_ties = hide_second;
  protocol.periods = {events.size()};
  Progress progress(options.progress, hide_second ? "yardstick D, seconds hidden" : "yardstick D", events.size());
  Course course{bench->evaluator(), options.sync, std::move(contents), progress};
  MILLRACE_RETURN_IF_ERROR(run_ratings(events, protocol, course));
  return bench->evaluator().report();
}

}  // namespace

Result<EvaluationReport> run_movie_ratings(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, KindTable({{"rating", Signal::kRating, 1.0F}}));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_movielens(options));
  if (options.shuffle_control) permute_values(events, options.seed);
  return run_twice([&](bool hide_second) { return run_once(options, events, hide_second); });
}

}  // namespace millrace
