// `millrace yardstick LETTER`: published evaluation protocols on public data, run through the step. docs/quality.md
// states each protocol and what it measured.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "app/evaluate/report.h"
#include "app/step.h"
#include "core/result.h"

namespace millrace {

// When the model learns what it has predicted (protocols A and G).
enum class Sync : std::uint8_t {
  kEvent,   // event by event, weights at the end of a batch
  kPeriod,  // frozen: within a period only the predicted session's own prefix changes
};
Result<Sync> parse_sync(std::string_view text);  // "event", "period"

struct YardstickOptions {
  char letter = 'A';
  std::string data;  // a folder that holds the files, or a folder of theirs; for B and C also the file itself
  std::uint64_t seed = 1;
  Sync sync = Sync::kEvent;
  StepOptions step;  // the one configuration; a protocol sets kinds, rules and the length of lists
  Effort effort;
  std::string config_hash;
  std::size_t batch = 128;       // events a step
  bool shuffle_control = false;  // what is learnt is permuted; scores must fall to chance
  bool progress = true;
  std::string json_path;  // empty: no file
};

// Errors: kNotFound for missing data, naming the file; kInvalid for a letter that is none of A B C D E G, or a sync
// mode that the protocol does not have.
Result<EvaluationReport> yardstick(const YardstickOptions& options);

// yardstick(), the table to `out`, and the JSON file.
Status run_yardstick(const YardstickOptions& options, std::ostream& out);

}  // namespace millrace
