// Yardstick E: MovieLens, five-star ratings only, top-N. The first 20 % and the next 10 % are learnt and not scored;
// each later one is predicted, then learnt, from the five-star items so far less the user's own (protocol prequential).
// Permuted items make pairs that repeat; what a user already has is no candidate. A second run predicts all events of a
// second before the first of them is learnt.
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/movielens.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

Result<EvaluationReport> run_once(const YardstickOptions& options, const std::vector<Event>& events, bool hide_second) {
  EvaluatorOptions scores;
  scores.scores.metrics = {{RankMetric::Type::kRecall, 10}, {RankMetric::Type::kNdcg, 10}};
  scores.scores.list_length = 10;
  scores.exclude_seen = true;
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, events.size()));
  MILLRACE_ASSIGN_OR_RETURN(ItemContents contents, read_movies(options));
  PrequentialOptions protocol;
  protocol.ranks = [](const Event&) { return true; };
  protocol.first_touches = true;
  protocol.skip_events = events.size() / 5 + events.size() / 10;
  protocol.ties_visible = !hide_second;
  protocol.periods = {events.size()};
  Progress progress(options.progress, hide_second ? "yardstick E, seconds hidden" : "yardstick E", events.size());
  Course course{bench->evaluator(), options.sync, std::move(contents), progress};
  MILLRACE_RETURN_IF_ERROR(run_prequential(events, protocol, course));
  return bench->evaluator().report();
}

}  // namespace

Result<EvaluationReport> run_five_star(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, KindTable({{"like", Signal::kClick, 1.0F}}));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_movielens(options));
  std::erase_if(events, [](const Event& event) { return event.value != 5.0F; });
  if (options.shuffle_control) permute_items(events, options.seed);
  return run_twice([&](bool hide_second) { return run_once(options, events, hide_second); });
}

}  // namespace millrace
