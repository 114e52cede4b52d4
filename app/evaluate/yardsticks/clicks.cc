// Protocol A: shop clicks in weekly periods, next item. For every period after the first: items that no earlier period
// had are no targets but stay in prefixes; every known item but a session's first known one is predicted. The mean over
// periods counts.
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/stream.h"
#include "app/evaluate/yardsticks/protocol.h"
#include "app/evaluate/yardsticks/session_walk.h"

namespace millrace {
namespace {

// The line number over all periods is the clock, in seconds; a session that reaches into another period counts as two.
Result<std::vector<std::vector<Event>>> read_periods(const YardstickOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(const std::string first, find_data_file(options.data, "period_0.txt"));
  const std::filesystem::path folder = std::filesystem::path(first).parent_path();
  std::vector<std::vector<Event>> periods;
  std::int64_t line = 0;
  while (true) {
    FileOptions file;
    file.path = (folder / ("period_" + std::to_string(periods.size()) + ".txt")).string();
    file.format = FileFormat::kSessionItem;
    if (!std::filesystem::exists(file.path)) return periods;
    MILLRACE_ASSIGN_OR_RETURN(std::vector<Event> events, read_events(file));
    const std::string suffix = "@" + std::to_string(periods.size());
    for (Event& event : events) {
      event.position.offset = Offset{line++};
      event.record_time = event.event_time = Millis{line * 1000};
      event.session += suffix;
      event.user = UserId(event.session);
    }
    periods.push_back(std::move(events));
  }
}

// `known`: the items of earlier periods.
std::vector<bool> find_targets(const std::vector<Event>& events, const absl::flat_hash_set<std::string>& known) {
  std::vector<bool> targets;
  absl::flat_hash_set<std::string> begun;  // sessions that had a known item
  for (const Event& event : events) {
    const bool is_known = known.contains(event.item.bytes);
    targets.push_back(is_known && !begun.insert(event.session).second);
  }
  return targets;
}

}  // namespace

Result<EvaluationReport> run_clicks(const YardstickOptions& options) {
  MILLRACE_ASSIGN_OR_RETURN(std::vector<std::vector<Event>> periods, read_periods(options));
  std::uint64_t total = 0;
  for (std::vector<Event>& events : periods) {
    if (options.shuffle_control) permute_items(events, options.seed);
    total += events.size();
  }
  Protocol protocol;
  protocol.kinds = KindTable({{"click", Signal::kClick, 1.0F}});
  protocol.scores.metrics = {{RankMetric::Type::kRecall, 20}, {RankMetric::Type::kReciprocalRank, 20}};
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, protocol));
  Evaluator& evaluator = bench->evaluator();
  Progress progress(options.progress, "yardstick A", total);
  absl::flat_hash_set<std::string> known;
  for (std::size_t p = 0; p < periods.size(); ++p) {
    SessionPeriod period{static_cast<std::uint32_t>(p), periods[p], find_targets(periods[p], known)};
    if (options.sync == Sync::kPeriod) {
      MILLRACE_RETURN_IF_ERROR(walk_frozen(period, evaluator, progress));
      period.scored.assign(period.scored.size(), false);
    }
    MILLRACE_RETURN_IF_ERROR(walk_by_event(period, evaluator, progress));
    MILLRACE_RETURN_IF_ERROR(evaluator.flush());
    for (const Event& event : periods[p]) known.insert(event.item.bytes);
  }
  return evaluator.report();
}

}  // namespace millrace
