// Protocol B: typed events on the articles of an internal news site. The first time each user meets each article is
// predicted, over the last four fifths of such pairs, from all articles known so far less those that the user already
// touched; an event is learnt when its timestamp has ended.
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/protocol.h"

namespace millrace {

Result<EvaluationReport> run_news(const YardstickOptions& options) {
  Protocol protocol;
  protocol.kinds = KindTable({{"VIEW", Signal::kClick, 1.0F},
                              {"LIKE", Signal::kClick, 2.0F},
                              {"BOOKMARK", Signal::kClick, 2.5F},
                              {"FOLLOW", Signal::kClick, 3.0F},
                              {"COMMENT CREATED", Signal::kClick, 4.0F}});
  protocol.scores.metrics = {{RankMetric::Type::kRecall, 10}, {RankMetric::Type::kNdcg, 10}};
  protocol.scores.list_length = 10;
  protocol.scores.exclude_seen = true;
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, "deskdrop.csv"));
  file.kinds = protocol.kinds;
  file.mapping.user = "personId";
  file.mapping.item = "contentId";
  file.mapping.time = "timestamp";
  file.mapping.time_unit = TimeUnit::kSeconds;
  file.mapping.kind = "eventType";
  file.mapping.session = "sessionId";
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
  sort_by_time(events);
  if (options.shuffle_control) permute_items(events, options.seed);
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, protocol));
  TimedStream stream;
  stream.ranks = [](const Event&) { return true; };
  stream.first_touches = true;
  stream.skip_share = 0.2;
  Progress progress(options.progress, "yardstick B", events.size());
  MILLRACE_RETURN_IF_ERROR(predict_then_learn(events, stream, bench->evaluator(), progress));
  return bench->evaluator().report();
}

}  // namespace millrace
