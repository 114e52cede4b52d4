// `millrace evaluate FILE`: the very step of the service over a file, predict then learn, and the table that a paper
// would print.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "app/evaluate_report.h"
#include "app/step.h"
#include "core/result.h"
#include "ingest/file_source.h"

namespace millrace {

struct EvaluateOptions {
  StepOptions step;  // kinds in step.features.kinds and step.model.kinds
  Effort effort;
  std::uint64_t seed = 1;   // of the model
  std::string config_hash;  // written to the report
  FileOptions file;
  std::size_t batch = 128;                 // events a step
  std::vector<std::size_t> at{5, 10, 20};  // lengths of list that are measured, at most the candidates per source
  double skip_share = 0.0;                 // of the targets at the beginning, learnt but not scored
  bool shuffle_control = false;  // items permuted over the events (ratings: their values): scores must fall to chance
  bool progress = true;          // on stderr
  std::string json_path;         // empty: no file
};

// Events are brought into time order (stable). All events of one time are predicted before the first of them is learnt.
// Ratings are scored by their predicted value, before each is learnt; of the others every event that is no return is a
// target of the ranking, with lists that exclude what was seen its first touch only.
Result<EvaluationReport> evaluate(const EvaluateOptions& options);

// evaluate(), the table to `out`, and the JSON file.
Status run_evaluate(const EvaluateOptions& options, std::ostream& out);

}  // namespace millrace
