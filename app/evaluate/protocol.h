// `--protocol`: which of the published ways, with everything that may be said about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/evaluate/evaluator.h"
#include "app/evaluate/protocols/protocols.h"
#include "core/event.h"
#include "core/result.h"
#include "core/time.h"

namespace millrace {

enum class ProtocolKind : std::uint8_t { kPrequential, kContinual, kBasket, kRatings, kLeaveLastOut };
std::vector<std::string> protocol_names();
// One of these names.
Result<ProtocolKind> parse_protocol(std::string_view text);
std::string_view protocol_name(ProtocolKind kind);

struct ProtocolOptions {
  ProtocolKind kind = ProtocolKind::kPrequential;
  std::vector<std::size_t> at{5, 10, 20};  // lengths of list that are measured, at most the candidates per source
  double skip_share = 0.0;                 // of the targets at the beginning, learnt but not scored
  std::size_t periods = 10;                // of equally many events
  std::optional<Millis> period;            // or of this length
  std::size_t events_min = 3;              // leave-last-out: of a user
};

// What is scored: of events that are no return, those of a rating kind by their value, the others as targets of lists.
EvaluatorOptions evaluator_options(const ProtocolOptions& options, const StepOptions& step);

// `events` in time order.
Status run_protocol(const ProtocolOptions& options, const StepOptions& step, const std::vector<Event>& events,
                    Course& course);

}  // namespace millrace
