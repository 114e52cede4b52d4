// Yardstick G: a small split of the RecSys 2015 challenge's clicks; every click of a test session but the first is
// predicted, from all items, repeats included (protocol continual with one scored period).
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

Result<std::vector<Event>> read_clicks(const YardstickOptions& options, const std::string& name) {
  FileOptions file;
  MILLRACE_ASSIGN_OR_RETURN(file.path, find_data_file(options.data, name));
  file.format = FileFormat::kTsv;
  file.kinds = options.step.features.kinds;
  file.mapping.user = file.mapping.session = "SessionId";
  file.mapping.item = "ItemId";
  file.mapping.time = "Time";
  file.mapping.time_unit = TimeUnit::kSeconds;
  file.mapping.default_kind = "click";
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
  sort_by_time(events);
  if (options.shuffle_control) permute_items(events, options.seed);
  return events;
}

}  // namespace

Result<EvaluationReport> run_sessions(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, KindTable({{"click", Signal::kClick, 1.0F}}));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_clicks(options, "yoochoose-clicks-100k_train_full.txt"));
  MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> test, read_clicks(options, "yoochoose-clicks-100k_test.txt"));
  ContinualOptions protocol;
  protocol.ranks = [](const Event&) { return true; };
  protocol.known_targets = false;
  protocol.ties_visible = true;
  protocol.learn_last_synchronisation = false;
  protocol.periods = {events.size(), events.size() + test.size()};
  std::move(test.begin(), test.end(), std::back_inserter(events));
  EvaluatorOptions scores;
  scores.scores.metrics = {{RankMetric::Type::kHitRate, 20}, {RankMetric::Type::kReciprocalRank, 20}};
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, events.size()));
  Progress progress(options.progress, "yardstick G", events.size());
  Course course{bench->evaluator(), options.sync, {}, progress};
  MILLRACE_RETURN_IF_ERROR(run_continual(events, protocol, course));
  return bench->evaluator().report();
}

}  // namespace millrace
