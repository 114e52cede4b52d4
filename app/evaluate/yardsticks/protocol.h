// What the protocols share: finding their files, and a step runner with an evaluator over the one configuration.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/evaluate/evaluator.h"
#include "app/evaluate/yardsticks/yardstick.h"
#include "app/progress.h"

namespace millrace {

// The file `name` in `data`, in a folder of it, or `data` itself.
Result<std::string> find_data_file(const std::string& data, const std::string& name);

// What a protocol may set; everything else is the configuration's.
struct Protocol {
  KindTable kinds;
  EvaluatorOptions scores;
};

class Bench {
 public:
  static Result<std::unique_ptr<Bench>> open(const YardstickOptions& options, const Protocol& protocol);
  Evaluator& evaluator() { return *evaluator_; }
  StepRunner& runner() { return *runner_; }

 private:
  std::unique_ptr<StepRunner> runner_;
  std::unique_ptr<Evaluator> evaluator_;
};

Result<EvaluationReport> run_clicks(const YardstickOptions& options);     // A
Result<EvaluationReport> run_news(const YardstickOptions& options);       // B
Result<EvaluationReport> run_baskets(const YardstickOptions& options);    // C
Result<EvaluationReport> run_ratings(const YardstickOptions& options);    // D
Result<EvaluationReport> run_five_star(const YardstickOptions& options);  // E
Result<EvaluationReport> run_sessions(const YardstickOptions& options);   // G

}  // namespace millrace
