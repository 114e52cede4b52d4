#include "app/state_checks.h"

#include <optional>
#include <string>
#include <utility>

#include "app/state_meta.h"
#include "app/step_record.h"
#include "core/bytes.h"
#include "ingest/partition_ledger.h"
#include "model/model_rows.h"

namespace millrace {
namespace {

Error mixed(const std::string& found) {
  return stop_error(ErrorCode::kCorruption,
                    "checking the state: " + found +
                        ", so it mixes the tables of two moments; put a backup back (millrace restore), or move the "
                        "state directory away and rebuild from the topics (millrace run --rebuild)");
}

std::string text(std::uint64_t number) { return std::to_string(number); }

// Whether the table has a row at `key`, and whether it has one after it.
struct Ends {
  std::optional<std::string> at;
  bool after = false;
};
Result<Ends> ends_of(const Store& store, Table table, std::uint64_t key) {
  Ends ends;
  MILLRACE_RETURN_IF_ERROR(store.scan(table, "", key_u64(key), [&](std::string_view found, std::string_view value) {
    if (read_key(found) == key) {
      ends.at = std::string(value);
      return true;
    }
    ends.after = true;
    return false;
  }));
  return ends;
}

Status check_examples(const Store& store, const StepRecord& newest) {
  const std::uint64_t end = newest.first_example + newest.examples;
  MILLRACE_ASSIGN_OR_RETURN(const Ends beyond, ends_of(store, Table::kExamples, end));
  if (beyond.at || beyond.after) {
    return mixed("step " + text(newest.step) + " ends the example log before " + text(end) + ", but it goes on");
  }
  if (newest.examples == 0) return Ok{};
  MILLRACE_ASSIGN_OR_RETURN(const Ends last, ends_of(store, Table::kExamples, end - 1));
  if (!last.at) return mixed("step " + text(newest.step) + " logged example " + text(end - 1) + ", which is missing");
  return Ok{};
}

Status check_offsets(const Store& store, const StepRecord& newest) {
  for (const Reflected& reflected : newest.reflects) {
    const std::string key = partition_key(reflected.topic, reflected.partition);
    MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kPartitions, key));
    if (!row) return mixed("step " + text(newest.step) + " read a partition of which nothing is stored");
    MILLRACE_ASSIGN_OR_RETURN(const PartitionState state, decode_partition(*row));
    if (state.next == reflected.next) continue;
    return mixed("step " + text(newest.step) + " read topic " + text(raw(reflected.topic)) + " partition " +
                 std::to_string(raw(reflected.partition)) + " up to offset " + std::to_string(raw(reflected.next)) +
                 ", the stored offset is " + std::to_string(raw(state.next)));
  }
  return Ok{};
}

// They are learnt again at a start; one that is missing would leave its examples unlearnt.
Status check_steps_since(const Store& store, std::uint64_t checkpoint, std::uint64_t newest) {
  if (checkpoint > newest)
    return mixed("the model is of step " + text(checkpoint) + ", the newest step is " + text(newest));
  std::uint64_t expected = checkpoint + 1;
  MILLRACE_RETURN_IF_ERROR(
      store.scan(Table::kSteps, "", key_u64(expected), [&](std::string_view key, std::string_view) {
        if (read_key(key) != expected) return false;
        ++expected;
        return true;
      }));
  if (expected == newest + 1) return Ok{};
  return mixed("the record of step " + text(expected) + " is missing");
}

}  // namespace

Status check_state(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t newest, read_meta_counter(store, kLastStepKey));
  MILLRACE_ASSIGN_OR_RETURN(const auto model, read_learner_state(store));
  const std::uint64_t checkpoint = model ? model->step : 0;
  MILLRACE_ASSIGN_OR_RETURN(const Ends ends, ends_of(store, Table::kSteps, newest));
  if (ends.after) return mixed("the newest step should be " + text(newest) + ", but there are records of later ones");
  if (newest == 0) return Ok{};
  if (!ends.at) return mixed("the record of the newest step, " + text(newest) + ", is missing");
  MILLRACE_ASSIGN_OR_RETURN(const StepRecord record, decode_step_record(newest, *ends.at));
  MILLRACE_RETURN_IF_ERROR(check_steps_since(store, checkpoint, newest));
  MILLRACE_RETURN_IF_ERROR(check_examples(store, record));
  return check_offsets(store, record);
}

}  // namespace millrace
