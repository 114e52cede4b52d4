#include "app/evaluate/evaluate.h"

#include <chrono>
#include <memory>
#include <utility>

#include "app/evaluate/stream.h"
#include "app/progress.h"

namespace millrace {
namespace {

// What a protocol has no use for is refused rather than passed over.
Status check_protocol(const EvaluateOptions& options) {
  const ProtocolOptions& protocol = options.protocol;
  const auto refused = [&protocol](const std::string& what, const std::string& why) {
    return stop_error(ErrorCode::kInvalid, "evaluating by " + std::string(protocol_name(protocol.kind)) + " with " +
                                               what + ": " + why + "; leave it out");
  };
  const bool prequential = protocol.kind == ProtocolKind::kPrequential;
  const bool basket = protocol.kind == ProtocolKind::kBasket;
  if (protocol.skip_share > 0.0 && !prequential && !basket) {
    return refused("--skip", "only prequential and basket score from a later event on");
  }
  if (protocol.period && basket) return refused("--period", "its periods are of equally many baskets, see --periods");
  if (!options.sync.every_event() && protocol.kind == ProtocolKind::kLeaveLastOut) {
    return refused("--sync " + options.sync.name(), "its model is trained once");
  }
  return Ok{};
}

Status check_options(const EvaluateOptions& options, const EventStream& stream) {
  MILLRACE_RETURN_IF_ERROR(check_protocol(options));
  const std::size_t most = options.step.model.ranker.candidates_per_source;
  for (const std::size_t k : options.protocol.at) {
    if (k >= 1 && k <= most) continue;
    return stop_error(ErrorCode::kInvalid, "evaluating at " + std::to_string(k) + ": expected 1 to " +
                                               std::to_string(most) + ", the candidates that every source offers");
  }
  if (!stream.events.empty()) return Ok{};
  return stop_error(ErrorCode::kInvalid, "evaluating " + stream.name + ": it holds no event");
}

// What everything that is to come holds together.
void prepare_control(std::vector<Event>& events, std::uint64_t seed, EvaluatorOptions& scores, const KindTable& kinds) {
  permute_items(events, seed);
  permute_values(events, seed, kinds);
  auto memory = std::make_shared<StreamMemory>();
  double total = 0.0;
  double ratings = 0.0;
  for (const Event& event : events) {
    const bool rating = kinds.at(event.kind).signal == Signal::kRating;
    memory->learn(event.user, event.item);
    if (!rating) continue;
    total += static_cast<double>(event.value);
    ratings += 1.0;
  }
  scores.oracle = std::move(memory);
  if (ratings > 0.0) scores.oracle_rating = static_cast<float>(total / ratings);
}

Status nothing_to_score(const EvaluateOptions& options, const EventStream& stream) {
  const std::string name(protocol_name(options.protocol.kind));
  const bool ratings = options.protocol.kind == ProtocolKind::kRatings;
  return stop_error(ErrorCode::kInvalid,
                    "evaluating " + stream.name + " by " + name + ": of its " + std::to_string(stream.events.size()) +
                        " events none is scored; expected " +
                        (ratings ? "events of a kind whose signal is \"rating\""
                                 : "events of another kind than ratings, and sessions or users with several of them") +
                        "; check [[kinds]], --default-kind, --session and --protocol");
}

}  // namespace

Result<EvaluationReport> evaluate(const EvaluateOptions& options, EventStream stream) {
  MILLRACE_RETURN_IF_ERROR(check_options(options, stream));
  sort_by_time(stream.events);
  EvaluatorOptions scores = evaluator_options(options.protocol, options.step);
  if (options.shuffle_control) {
    prepare_control(stream.events, options.seed, scores, options.step.features.kinds);
  }
  MILLRACE_ASSIGN_OR_RETURN(const auto bench, Bench::open(options, scores, stream.events.size()));
  Progress progress(options.progress, "evaluate " + options.sync.name(), stream.events.size());
  const auto start = std::chrono::steady_clock::now();
  Course course{bench->evaluator(), options.sync, std::move(stream.contents), progress};
  MILLRACE_RETURN_IF_ERROR(run_protocol(options.protocol, options.step, stream.events, course));
  EvaluationReport report = bench->evaluator().report();
  if (report.trials == 0) return nothing_to_score(options, stream).error();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.seed = options.seed;
  report.config = options.config_hash;
  return report;
}

}  // namespace millrace
