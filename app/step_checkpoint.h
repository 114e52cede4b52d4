// The model's checkpoint, written beside the steps: its rows as they were after one step go to the store a part a step
// and take effect together, so that no step waits for all of them. Which part goes when follows from the work since,
// not from the clock: a process that starts again in the middle learns up to the same rows and goes on where it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/result.h"
#include "model/example_log.h"
#include "model/learner.h"
#include "store/store.h"

namespace millrace {

struct CheckpointOptions {
  // One is due when there is so much that recovery would do again (Learner::work_since_checkpoint()), or after so many
  // steps. It is written within a quarter of that.
  std::uint64_t examples = 50'000;
  std::uint64_t steps = 10'000;
};

class StepCheckpoint {
 public:
  // All must outlive it.
  StepCheckpoint(const CheckpointOptions& options, Store& store, Learner& learner, ExampleLog& log)
      : options_(options), store_(store), learner_(learner), log_(log) {}

  // After Learner::restore(). `concluded`: step of the last checkpoint that was concluded.
  Status restored(std::uint64_t concluded);
  // After a step was written, or learnt again: takes the rows where a checkpoint is due and none is being written.
  // `examples_end`: sequence after the step's last example. `rolled_back`: learners were, in it.
  void learnt(std::uint64_t step, std::uint64_t examples_end, bool rolled_back);
  // Before the step's batch is committed: writes as many bytes as are due. In the step after the last part, when what a
  // rollback needs is in the store too, the checkpoint takes effect.
  Status write(std::uint64_t step, WriteBatch& batch);
  // Writes all that is left at once; a rollback reads it.
  Status write_all();
  // In the step in which it took effect: what follows from it. `mark`: it may be a good one.
  void conclude(bool mark, WriteBatch& batch);

 private:
  enum class Phase : std::uint8_t { kIdle, kWriting, kWritten };
  double progress(std::uint64_t step) const;
  bool due(std::uint64_t step) const;
  void take(std::uint64_t step, std::uint64_t examples_end);
  Status write_rows(std::uint64_t bytes, WriteBatch& batch);
  Status finish();

  CheckpointOptions options_;
  Store& store_;
  Learner& learner_;
  ExampleLog& log_;
  Phase phase_ = Phase::kIdle;
  std::uint64_t step_ = 0;  // of the newest checkpoint
  CheckpointRows rows_;
  std::size_t written_ = 0;          // of its rows
  std::uint64_t written_bytes_ = 0;  // of its bytes
  bool complete_ = false;            // all parts of the newest one were due by the end of the step before
  std::unique_ptr<BulkWrite> bulk_;  // none before the first part
};

}  // namespace millrace
