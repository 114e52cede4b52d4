// Protocol G: a small split of the RecSys 2015 challenge's clicks; every click of a test session but the first is
// predicted, from all items, repeats included.
#include <absl/container/flat_hash_set.h>

#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/protocol.h"
#include "app/evaluate/yardsticks/session_walk.h"

namespace millrace {
namespace {

Result<std::vector<Event>> read_clicks(const YardstickOptions& options, const KindTable& kinds,
                                       const std::string& name) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, name));
  file.format = FileFormat::kTsv;
  file.kinds = kinds;
  file.mapping.user = file.mapping.session = "SessionId";
  file.mapping.item = "ItemId";
  file.mapping.time = "Time";
  file.mapping.time_unit = TimeUnit::kSeconds;
  file.mapping.default_kind = "click";
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
  sort_by_time(events);
  return events;
}

std::vector<bool> all_but_first(const std::vector<Event>& events) {
  std::vector<bool> scored;
  absl::flat_hash_set<std::string> begun;
  for (const Event& event : events) scored.push_back(!begun.insert(event.session).second);
  return scored;
}

}  // namespace

Result<EvaluationReport> run_sessions(const YardstickOptions& options) {
  Protocol protocol;
  protocol.kinds = KindTable({{"click", Signal::kClick, 1.0F}});
  protocol.scores.metrics = {{RankMetric::Type::kHitRate, 20}, {RankMetric::Type::kReciprocalRank, 20}};
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> train,
                            read_clicks(options, protocol.kinds, "yoochoose-clicks-100k_train_full.txt"));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> test,
                            read_clicks(options, protocol.kinds, "yoochoose-clicks-100k_test.txt"));
  if (options.shuffle_control) {
    permute_items(train, options.seed);
    permute_items(test, options.seed);
  }
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, protocol));
  Evaluator& evaluator = bench->evaluator();
  Progress progress(options.progress, "yardstick G", train.size() + test.size());
  const SessionPeriod learnt{0, train, std::vector<bool>(train.size(), false)};
  MILLRACE_RETURN_IF_ERROR(walk_by_event(learnt, evaluator, progress));
  MILLRACE_RETURN_IF_ERROR(evaluator.flush());
  const SessionPeriod scored{0, test, all_but_first(test)};
  if (options.sync == Sync::kPeriod) {
    MILLRACE_RETURN_IF_ERROR(walk_frozen(scored, evaluator, progress));
  } else {
    MILLRACE_RETURN_IF_ERROR(walk_by_event(scored, evaluator, progress));
    MILLRACE_RETURN_IF_ERROR(evaluator.flush());
  }
  return evaluator.report();
}

}  // namespace millrace
