#include "app/evaluate/protocol.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<std::string_view, ProtocolKind>, 5> kProtocols{
    {{"prequential", ProtocolKind::kPrequential},
     {"continual", ProtocolKind::kContinual},
     {"basket", ProtocolKind::kBasket},
     {"ratings", ProtocolKind::kRatings},
     {"leave-last-out", ProtocolKind::kLeaveLastOut}}};

PeriodEnds periods_of(const ProtocolOptions& options, const std::vector<Event>& events) {
  return options.period ? periods_of_length(events, *options.period) : equal_periods(events.size(), options.periods);
}

}  // namespace

std::vector<std::string> protocol_names() {
  std::vector<std::string> names;
  names.reserve(kProtocols.size());
  for (const auto& [name, kind] : kProtocols) names.emplace_back(name);
  return names;
}

Result<ProtocolKind> parse_protocol(std::string_view text) {
  for (const auto& [name, kind] : kProtocols) {
    if (name == text) return kind;
  }
  std::string known;
  for (const std::string& name : protocol_names()) known += (known.empty() ? "" : ", ") + name;
  return stop_error(ErrorCode::kInvalid, "reading --protocol: found \"" + std::string(text) + "\", expected " + known);
}

std::string_view protocol_name(ProtocolKind kind) {
  return std::find_if(kProtocols.begin(), kProtocols.end(), [kind](const auto& entry) { return entry.second == kind; })
      ->first;
}

EvaluatorOptions evaluator_options(const ProtocolOptions& options, const StepOptions& step) {
  EvaluatorOptions result;
  using Type = RankMetric::Type;
  for (const Type type :
       {Type::kRecall, Type::kReciprocalRank, Type::kNdcg, Type::kPrecision, Type::kF1, Type::kHitRate}) {
    for (const std::size_t k : options.at) result.scores.metrics.push_back({type, k});
  }
  result.scores.parts = {Part::kReturning, Part::kNew, Part::kWarm, Part::kCold};
  result.scores.beyond_accuracy = true;
  result.scores.list_length = step.rules.length;
  result.exclude_seen = step.rules.exclude_seen;
  result.calibration = true;
  return result;
}

Status run_protocol(const ProtocolOptions& options, const StepOptions& step, const std::vector<Event>& events,
                    Course& course) {
  const auto ranks = [kinds = step.features.kinds](const Event& event) {
    return event.quantity > 0.0F && kinds.at(event.kind).signal != Signal::kRating;
  };
  switch (options.kind) {
    case ProtocolKind::kContinual: {
      ContinualOptions continual;
      continual.ranks = ranks;
      continual.session_gap = step.features.session_gap;
      continual.periods = periods_of(options, events);
      return run_continual(events, continual, course);
    }
    case ProtocolKind::kBasket: {
      BasketOptions basket;
      basket.ranks = ranks;
      basket.skip_share = options.skip_share;
      basket.periods = options.periods;
      return run_baskets(events, basket, course);
    }
    case ProtocolKind::kRatings: {
      RatingOptions ratings;
      ratings.hide_ties = true;
      ratings.periods = periods_of(options, events);
      return run_ratings(events, ratings, course);
    }
    case ProtocolKind::kLeaveLastOut: {
      LeaveLastOutOptions last;
      last.ranks = ranks;
      last.events_min = options.events_min;
      return run_leave_last_out(events, last, course);
    }
    case ProtocolKind::kPrequential:
      break;
  }
  PrequentialOptions prequential;
  prequential.ranks = ranks;
  prequential.first_touches = step.rules.exclude_seen;
  prequential.skip_share = options.skip_share;
  prequential.periods = periods_of(options, events);
  return run_prequential(events, prequential, course);
}

}  // namespace millrace
