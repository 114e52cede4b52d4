#include "app/step_checkpoint.h"

#include <algorithm>
#include <iterator>
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

using Rows = std::vector<WriteBatch::Operation>;
using Run = std::span<WriteBatch::Operation>;

// Each family hands over table by table, nearly all of them in order.
std::vector<Run> ascending_runs(Rows& rows) {
  std::vector<Run> runs;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end - 1].key < rows[end].key) ++end;
    runs.push_back(Run(rows).subspan(begin, end - begin));
    begin = end;
  }
  return runs;
}

// Requires that no key is there twice.
Rows in_order(Rows rows) {
  std::vector<Run> runs = ascending_runs(rows);
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.front().key < b.front().key; });
  Rows ordered;
  ordered.reserve(rows.size());
  for (const Run& run : runs) std::move(run.begin(), run.end(), std::back_inserter(ordered));
  const auto less = [](const auto& a, const auto& b) { return a.key < b.key; };
  if (!std::is_sorted(ordered.begin(), ordered.end(), less)) std::sort(ordered.begin(), ordered.end(), less);
  return ordered;
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
  WriteBatch rows;
  learner_.checkpoint(rows);
  rows_ = in_order(std::move(rows).take_operations());
  written_ = 0;
  step_ = step;
  complete_ = false;
  log_.forget(learner_.untrained_from(log_), examples_end);
  phase_ = Phase::kWriting;
}

Status StepCheckpoint::write(std::uint64_t step, WriteBatch& batch) {
  if (phase_ != Phase::kWriting) return Ok{};
  const double part = std::min(progress(step), 1.0);
  MILLRACE_RETURN_IF_ERROR(write_rows(static_cast<std::size_t>(part * static_cast<double>(rows_.size())), batch));
  return complete_ ? finish() : Ok{};
}

Status StepCheckpoint::write_all() {
  if (phase_ != Phase::kWriting) return Ok{};
  WriteBatch kept;
  MILLRACE_RETURN_IF_ERROR(write_rows(rows_.size(), kept));
  MILLRACE_RETURN_IF_ERROR(store_.commit(kept));
  return finish();
}

Status StepCheckpoint::write_rows(std::size_t end, WriteBatch& batch) {
  if (bulk_ == nullptr) {
    MILLRACE_ASSIGN_OR_RETURN(bulk_, store_.bulk_write(Table::kModel));
  }
  const auto part = std::span<const WriteBatch::Operation>(rows_).subspan(written_, end - written_);
  MILLRACE_RETURN_IF_ERROR(learner_.keep_good(store_, part, batch));
  for (const WriteBatch::Operation& row : part) {
    // What every step saves lies around the learner's own row.
    const bool own = model_row_owner(row.key) == kLearnerRows;
    if (own) bulk_->gap();
    MILLRACE_RETURN_IF_ERROR(bulk_->add(row.key, row.value));
    if (own) bulk_->gap();
  }
  written_ += part.size();
  return Ok{};
}

Status StepCheckpoint::finish() {
  MILLRACE_RETURN_IF_ERROR(bulk_->finish());
  bulk_.reset();
  rows_ = {};
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
