// Protocol D: MovieLens ratings, each predicted before it is learnt, in time order with ties in the file's order,
// clipped to 1 … 5. A second run predicts all ratings of a second before the first of them is learnt: half of them
// share their second with the same user's previous one.
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/movielens.h"
#include "app/evaluate/yardsticks/protocol.h"

namespace millrace {
namespace {

Protocol rating_protocol() {
  Protocol protocol;
  protocol.kinds = KindTable({{"rating", Signal::kRating, 1.0F}});
  protocol.scores.rating_range = {1.0F, 5.0F};
  return protocol;
}

Result<EvaluationReport> run_once(const YardstickOptions& options, const std::vector<Event>& events, bool hide_second) {
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, rating_protocol()));
  MILLRACE_ASSIGN_OR_RETURN(MovieContent content, MovieContent::read(options));
  Evaluator& evaluator = bench->evaluator();
  Progress progress(options.progress, hide_second ? "yardstick D, seconds hidden" : "yardstick D", events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool second_begins = i == 0 || events[i].event_time != events[i - 1].event_time;
    for (std::size_t j = i; hide_second && second_begins && j < events.size(); ++j) {
      if (events[j].event_time != events[i].event_time) break;
      MILLRACE_RETURN_IF_ERROR(evaluator.ask_rating(events[j]));
    }
    MILLRACE_RETURN_IF_ERROR(evaluator.learn(events[i]));
    content.announce(events[i].item, bench->runner());
    if (progress.due()) progress.update(i, evaluator.headline());
  }
  MILLRACE_RETURN_IF_ERROR(evaluator.flush());
  return evaluator.report();
}

}  // namespace

Result<EvaluationReport> run_ratings(const YardstickOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_movielens(options, rating_protocol().kinds));
  if (options.shuffle_control) permute_values(events, options.seed);
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport report, run_once(options, events, false));
  MILLRACE_ASSIGN_OR_RETURN(EvaluationReport hidden, run_once(options, events, true));
  report.served.parts.push_back({"same_second_hidden", std::move(hidden.served)});
  report.events += hidden.events;
  return report;
}

}  // namespace millrace
