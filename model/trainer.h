// Cuts the example log into mini-batches and trains every family on them: fresh examples together with replayed ones.
// Between the learner and the families. What it draws is seeded by the step, so recovery trains on the same.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/candidate_lists.h"
#include "model/example_log.h"
#include "model/options.h"

namespace millrace {

class Trainer {
 public:
  // All must outlive this.
  Trainer(Families families, const ModelOptions& options, Workers& workers)
      : families_(families), options_(options), workers_(workers) {}

  // By family. Trains on all that the log holds before `log_end` and that was not trained on, with `replays` replayed
  // examples for each fresh one. Fewer than the least mini-batch, or than a whole one where replays were cut because
  // the stream is fast, wait for the next step. `items`: known to the catalogue.
  std::vector<TrainReport> train(const ExampleLog& log, std::uint64_t log_end, std::uint64_t step,
                                 std::uint32_t replays, std::size_t items);

  // Examples trained on, replayed ones included, since the last call.
  std::uint64_t take_trained() { return std::exchange(trained_, 0); }

  // Sequence of the first example not yet trained on.
  std::uint64_t trained_until() const { return trained_until_; }
  void restore(std::uint64_t trained_until) { trained_until_ = trained_until; }

 private:
  struct Draw {
    std::uint64_t step = 0;
    std::uint64_t pass = 0;  // mini-batch of the step
    std::uint64_t count = 0;
    std::uint32_t replays = 0;
    std::uint64_t log_end = 0;
  };
  std::uint64_t minibatch(std::size_t items, std::uint64_t replays) const;
  std::vector<Example> draw(const ExampleLog& log, const Draw& draw) const;
  void train_minibatch(const ExampleLog& log, const Draw& draw, std::vector<TrainReport>& reports);

  Families families_;
  const ModelOptions& options_;
  Workers& workers_;
  std::uint64_t trained_until_ = 0;
  std::uint64_t trained_ = 0;
};

}  // namespace millrace
