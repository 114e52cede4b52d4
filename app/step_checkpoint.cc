#include "app/step_checkpoint.h"

#include <algorithm>
#include <span>
#include <utility>

#include "app/state_meta.h"
#include "app/step_record.h"
#include "core/bytes.h"
#include "core/failpoint.h"
#include "model/model_rows.h"

namespace millrace {
namespace {

constexpr std::uint64_t kWritingShare = 4;  // of what lies between two checkpoints, during which one is written

double share(std::uint64_t done, std::uint64_t between) {
  return static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(between / kWritingShare, 1));
}

}  // namespace

Status StepCheckpoint::restored(std::uint64_t concluded) {
  step_ = learner_.model_step();
  if (step_ <= concluded) return Ok{};
  phase_ = Phase::kWritten;
  MILLRACE_ASSIGN_OR_RETURN(const auto row, store_.get(Table::kSteps, key_u64(step_)));
  if (!row) return Ok{};  // app/state_checks.h has refused such a store
  MILLRACE_ASSIGN_OR_RETURN(const StepRecord record, decode_step_record(step_, *row));
  log_.forget(learner_.untrained_from(log_), record.first_example + record.examples);
  return Ok{};
}

double StepCheckpoint::progress(std::uint64_t step) const {
  return std::max(share(learner_.work_since_checkpoint(), options_.examples), share(step - step_, options_.steps));
}

bool StepCheckpoint::due(std::uint64_t step) const {
  return learner_.work_since_checkpoint() >= options_.examples || step - step_ >= options_.steps;
}

// Never while the one before is written, nor would be if the process had not ended meanwhile.
void StepCheckpoint::learnt(std::uint64_t step, std::uint64_t examples_end, bool rolled_back) {
  const bool former_complete = std::exchange(complete_, progress(step) >= 1.0);
  if (phase_ == Phase::kIdle && former_complete && !rolled_back && due(step)) take(step, examples_end);
}

void StepCheckpoint::take(std::uint64_t step, std::uint64_t examples_end) {
  MILLRACE_FAILPOINT(kCheckpointBegun);
  learner_.checkpoint(rows_);
  written_ = 0;
  written_bytes_ = 0;
  step_ = step;
  complete_ = false;
  log_.forget(learner_.untrained_from(log_), examples_end);
  phase_ = Phase::kWriting;
}

Status StepCheckpoint::write(std::uint64_t step, WriteBatch& batch) {
  if (phase_ != Phase::kWriting) return Ok{};
  const double part = std::min(progress(step), 1.0);
  MILLRACE_RETURN_IF_ERROR(write_rows(static_cast<std::uint64_t>(part * static_cast<double>(rows_.bytes())), batch));
  return complete_ ? finish() : Ok{};
}

Status StepCheckpoint::write_all() {
  if (phase_ != Phase::kWriting) return Ok{};
  WriteBatch kept;
  MILLRACE_RETURN_IF_ERROR(write_rows(rows_.bytes(), kept));
  MILLRACE_RETURN_IF_ERROR(store_.commit(kept));
  return finish();
}

Status StepCheckpoint::write_rows(std::uint64_t bytes, WriteBatch& batch) {
  if (bulk_ == nullptr) {
    MILLRACE_ASSIGN_OR_RETURN(bulk_, store_.bulk_write(Table::kModel));
  }
  const std::size_t begin = written_;
  for (; written_ < rows_.rows().size() && written_bytes_ < bytes; ++written_) {
    const auto& [key, value] = rows_.rows()[written_];
    written_bytes_ += key.size() + (value ? value->size() : 0);
  }
  const auto part = rows_.rows().subspan(begin, written_ - begin);
  MILLRACE_RETURN_IF_ERROR(learner_.keep_good(store_, part, batch));
  for (const CheckpointRow& row : part) {
    // What every step saves lies around the learner's own row.
    const bool own = model_row_owner(row.key) == kLearnerRows;
    if (own) bulk_->gap();
    MILLRACE_RETURN_IF_ERROR(bulk_->add(row.key, row.value));
    if (own) bulk_->gap();
  }
  return Ok{};
}

Status StepCheckpoint::finish() {
  MILLRACE_RETURN_IF_ERROR(bulk_->finish());
  bulk_.reset();
  phase_ = Phase::kWritten;
  MILLRACE_FAILPOINT(kCheckpointHalf);
  return Ok{};
}

void StepCheckpoint::conclude(bool mark, WriteBatch& batch) {
  if (phase_ != Phase::kWritten) return;
  if (mark) learner_.mark_checkpoint(step_, batch);
  log_.erase_forgotten(batch);
  put_meta_counter(batch, kCheckpointStepKey, step_);
  phase_ = Phase::kIdle;
  MILLRACE_FAILPOINT(kCheckpointDone);
}

}  // namespace millrace
