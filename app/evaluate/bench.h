// What every evaluation is run with, and the bench it is run on: a step runner with an evaluator over it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "app/evaluate/evaluator.h"
#include "app/evaluate/sync.h"
#include "app/step.h"
#include "core/result.h"

namespace millrace {

struct RunOptions {
  StepOptions step;  // kinds in step.features.kinds and step.model.kinds
  Effort effort;
  std::uint64_t seed = 1;   // of the model
  std::string config_hash;  // written to the report
  std::size_t batch = 128;  // events a step
  Sync sync;
  bool shuffle_control = false;  // what is to be predicted is permuted; scores must fall to chance
  bool curves = false;           // measured over time, and calibration: for plots
  bool progress = true;          // on stderr
};

class Bench {
 public:
  // `events`: of the stream, about. Lists are as long as `scores` says, and leave out what it excludes.
  static Result<std::unique_ptr<Bench>> open(const RunOptions& options, EvaluatorOptions scores, std::size_t events);
  Evaluator& evaluator() { return *evaluator_; }

 private:
  std::unique_ptr<StepRunner> runner_;
  std::unique_ptr<Evaluator> evaluator_;
};

}  // namespace millrace
