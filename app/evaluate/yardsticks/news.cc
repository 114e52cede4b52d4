// Yardstick B: typed events on the articles of an internal news site. The first time each user meets each article is
// predicted, over the last four fifths of such pairs, from all articles known so far less those that the user already
// touched; an event is learnt when its timestamp has ended (protocol prequential).
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

constexpr Millis kWeek{7 * kDay.count};

KindTable news_kinds() {
  return KindTable({{"VIEW", Signal::kClick, 1.0F},
                    {"LIKE", Signal::kClick, 2.0F},
                    {"BOOKMARK", Signal::kClick, 2.5F},
                    {"FOLLOW", Signal::kClick, 3.0F},
                    {"COMMENT CREATED", Signal::kClick, 4.0F}});
}

Result<std::vector<Event>> read_news(const YardstickOptions& options) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, "deskdrop.csv"));
  file.kinds = options.step.features.kinds;
  file.mapping.user = "personId";
  file.mapping.item = "contentId";
  file.mapping.time = "timestamp";
  file.mapping.time_unit = TimeUnit::kSeconds;
  file.mapping.kind = "eventType";
  file.mapping.session = "sessionId";
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
  sort_by_time(events);
  if (options.shuffle_control) permute_items(events, options.seed);
  return events;
}

}  // namespace

Result<EvaluationReport> run_news(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, news_kinds());
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<Event> events, read_news(options));
  EvaluatorOptions scores;
  scores.scores.metrics = {{RankMetric::Type::kRecall, 10}, {RankMetric::Type::kNdcg, 10}};
  scores.scores.list_length = 10;
  scores.exclude_seen = true;
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, events.size()));
  PrequentialOptions protocol;
  protocol.ranks = [](const Event&) { return true; };
  protocol.first_touches = true;
  protocol.skip_share = 0.2;
  protocol.periods = periods_of_length(events, kWeek);
  Progress progress(options.progress, "yardstick B", events.size());
  Course course{bench->evaluator(), options.sync, {}, progress};
  MILLRACE_RETURN_IF_ERROR(run_prequential(events, protocol, course));
  return bench->evaluator().report();
}

}  // namespace millrace
