// `millrace evaluate`: the very step of the service over a stream, predict then learn, and the table that a paper would
// print.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/evaluate/bench.h"
#include "app/evaluate/contents.h"
#include "app/evaluate/protocol.h"
#include "app/evaluate/report.h"
#include "core/event.h"
#include "core/result.h"

namespace millrace {

// What is gone through: the events, and what is known of their items.
struct EventStream {
  std::string name;  // for titles: a file, a topic
  std::vector<Event> events;
  ItemContents contents;
};

struct EvaluateOptions : RunOptions {
  ProtocolOptions protocol;
};

// Events are brought into time order (stable), and with `shuffle_control` items and the values of ratings are permuted
// over them. kInvalid for an empty stream, or where the protocol finds nothing to score.
Result<EvaluationReport> evaluate(const EvaluateOptions& options, EventStream stream);

// Of a report with the control: what the served lists and ratings have beyond what chance allows, in words. kInvalid
// where it is more than three standard errors, for then something leaks.
Result<std::string> control_verdict(const EvaluationReport& report);

}  // namespace millrace
