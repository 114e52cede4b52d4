// Protocol E: MovieLens, five-star ratings only, top-N. The first 20 % and the next 10 % are learnt and not scored;
// each later one is predicted, then learnt, from the five-star items so far less the user's own.
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/movielens.h"
#include "app/evaluate/yardsticks/protocol.h"

namespace millrace {

Result<EvaluationReport> run_five_star(const YardstickOptions& options) {
  Protocol protocol;
  protocol.kinds = KindTable({{"like", Signal::kClick, 1.0F}});
  protocol.scores.metrics = {{RankMetric::Type::kRecall, 10}, {RankMetric::Type::kNdcg, 10}};
  protocol.scores.list_length = 10;
  protocol.scores.exclude_seen = true;
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_movielens(options, protocol.kinds));
  std::erase_if(events, [](const Event& event) { return event.value != 5.0F; });
  if (options.shuffle_control) permute_items(events, options.seed);
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, protocol));
  MILLRACE_ASSIGN_OR_RETURN(MovieContent content, MovieContent::read(options));
  Evaluator& evaluator = bench->evaluator();
  Progress progress(options.progress, "yardstick E", events.size());
  const std::size_t scored_from = events.size() / 5 + events.size() / 10;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    // Permuted items make pairs that repeat; what a user already has is no candidate.
    if (i >= scored_from && !evaluator.memory().touched(event.user, event.item)) {
      Trial trial;
      trial.user = event.user;
      trial.now = event.event_time;
      trial.targets = {event.item};
      trial.cluster = event.user.bytes;
      MILLRACE_RETURN_IF_ERROR(evaluator.ask(trial));
    }
    MILLRACE_RETURN_IF_ERROR(evaluator.learn(event));
    content.announce(event.item, bench->runner());
    if (progress.due()) progress.update(i, evaluator.headline());
  }
  MILLRACE_RETURN_IF_ERROR(evaluator.flush());
  return evaluator.report();
}

}  // namespace millrace
