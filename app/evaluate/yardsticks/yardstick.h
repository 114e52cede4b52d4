// `millrace yardstick LETTER`: published evaluation protocols on public data, run through the step. docs/quality.md
// states each protocol and what it measured.
#pragma once

#include <string>

#include "app/evaluate/bench.h"
#include "app/evaluate/report.h"
#include "core/result.h"

namespace millrace {

// The one configuration of `step`; a yardstick sets kinds, rules and the length of lists. A period is A's week, B's
// week, G's test, and of the others the whole stream.
struct YardstickOptions : RunOptions {
  char letter = 'A';
  std::string data;  // a folder that holds the files, or a folder of theirs; for B and C also the file itself
};

// Errors: kNotFound for missing data, naming the file; kInvalid for a letter that is none of A B C D E G.
Result<EvaluationReport> yardstick(const YardstickOptions& options);

}  // namespace millrace
