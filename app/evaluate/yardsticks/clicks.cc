// Yardstick A: shop clicks in weekly periods, next item (protocol continual).
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/yardsticks.h"

namespace millrace {
namespace {

struct Periods {
  std::vector<Event> events;
  PeriodEnds ends;
};

// The line number over all periods is the clock, in seconds; a session that reaches into another period counts as two.
Result<Periods> read_periods(const YardstickOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string first, find_data_file(options.data, "period_0.txt"));
  const std::filesystem::path folder = std::filesystem::path(first).parent_path();
  Periods periods;
  std::int64_t line = 0;
  while (true) {
    FileOptions file;
    file.path = (folder / ("period_" + std::to_string(periods.ends.size()) + ".txt")).string();
    file.format = FileFormat::kSessionItem;
    if (!std::filesystem::exists(file.path)) return periods;
    MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
    const std::string suffix = "@" + std::to_string(periods.ends.size());
    for (Event& event : events) {
      event.position.offset = Offset{line++};
      event.record_time = event.event_time = Millis{line * 1000};
      event.session += suffix;
      event.user = UserId(event.session);
    }
    if (options.shuffle_control) permute_items(events, options.seed);
    std::move(events.begin(), events.end(), std::back_inserter(periods.events));
    periods.ends.push_back(periods.events.size());
  }
}

}  // namespace

Result<EvaluationReport> run_clicks(const YardstickOptions& given) {
  const YardstickOptions options = with_kinds(given, KindTable({{"click", Signal::kClick, 1.0F}}));
  MILLRACE_ASSIGN_OR_RETURN(const Periods periods, read_periods(options));
  EvaluatorOptions scores;
  scores.scores.metrics = {{RankMetric::Type::kRecall, 20}, {RankMetric::Type::kReciprocalRank, 20}};
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, periods.events.size()));
  Progress progress(options.progress, "yardstick A", periods.events.size());
  ContinualOptions protocol;
  protocol.ranks = [](const Event&) { return true; };
  protocol.periods = periods.ends;
  Course course{bench->evaluator(), options.sync, {}, progress};
  MILLRACE_RETURN_IF_ERROR(run_continual(periods.events, protocol, course));
  return bench->evaluator().report();
}

}  // namespace millrace
