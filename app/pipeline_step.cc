// One step of the service: records in, one commit, lists out.
#include <utility>

#include "app/log.h"
#include "app/pipeline_state.h"
#include "core/failpoint.h"

namespace millrace {

Status Pipeline::State::run_step(std::span<const Record> records) {
  const double idle_seconds = between_steps.lap();
  Stopwatch whole(clock);
  Stopwatch watch(clock);
  StepObservation::Seconds seconds;
  Ingested ingested = ingest->ingest(records, source.shares_group());
  MILLRACE_FAILPOINT(kDecoded);
  const std::uint64_t event_letters = ingested.dead_letters.size();
  const StepInput input = input_of(ingested, records.size(), idle_seconds);
  seconds.ingest = watch.lap();
  step->set_version_base(versions.base());
  MILLRACE_ASSIGN_OR_RETURN(StepOutput output, step->run(input, pending));
  const std::uint64_t first_letter = next_dead_letter;
  const std::vector<DeadLetter> letters = collect_letters(ingested);
  const std::uint64_t commit_bytes = pending.bytes();
  watch.lap();
  const Learner& learner = step->learner();  // training leaves alone what observers are told of it
  std::vector<std::pair<std::string, std::uint64_t>> rollbacks = learner.rollbacks();
  step->start_training();
  MILLRACE_RETURN_IF_ERROR(commit(pending));
  seconds.store = output.seconds.store + watch.lap();
  source.applied(step->last_step());
  const std::uint64_t lists = output.lists.size();
  outlet.enqueue(std::move(output.lists));
  outlet.enqueue_dead_letters(first_letter, letters);
  MILLRACE_RETURN_IF_ERROR(outlet.serve(std::chrono::milliseconds(0), pending));
  seconds.publish = watch.lap();
  seconds.features = output.seconds.features;
  seconds.model = output.seconds.model;
  seconds.lists = output.seconds.lists;
  seconds.total = whole.lap();
  governor.observe(records.size(), seconds.total);
  between_steps.lap();
  for (const std::string& collapsed : output.learnt.collapsed) {
    log_error(
        "a learner has collapsed and was rolled back to its last good checkpoint; see MillraceRollback in "
        "docs/operations.md",
        {{"learner", collapsed}, {"step", input.step}});
  }
  pause_on_dead_letters(records.size(), event_letters);
  observer.on_step({input.step, records.size(), lists, commit_bytes, input.changes.size(),
                    letters.size() - event_letters, ingested, output.learnt, input.effort, output.trials,
                    output.users_gone, output.items_unknown, governor.busy(), seconds, &learner.contest(),
                    std::move(rollbacks)});
  return Ok{};
}

StepInput Pipeline::State::input_of(Ingested& ingested, std::size_t records, double idle_seconds) {
  StepInput input;
  input.step = step->last_step() + 1;
  input.events = std::move(ingested.events);
  if (items) input.changes = items->take_changes();
  std::int64_t lag = 0;
  for (const auto& [partition, waiting] : source.lag()) lag += waiting;
  input.effort = governor.decide(records, lag, idle_seconds);
  for (const auto& [where, state] : ingest->partitions()) {
    input.reflects.push_back({where.first, where.second, state.next});
  }
  return input;
}

// Puts the step's dead letters and the offsets behind it into the batch.
std::vector<DeadLetter> Pipeline::State::collect_letters(Ingested& ingested) {
  std::vector<DeadLetter> letters = std::move(ingested.dead_letters);
  if (items) {
    for (DeadLetter& letter : items->take_dead_letters()) letters.push_back(std::move(letter));
    items->flush(pending);
  }
  put_dead_letters(letters, next_dead_letter, pending);
  ingest->flush(pending);
  return letters;
}

void Pipeline::State::pause_on_dead_letters(std::uint64_t records, std::uint64_t letters) {
  if (!dead_letters.add(records, letters)) return;
  log_error(
      "too many dead letters, so reading is paused; correct the field mapping or raise ingest.dead_letter_share_max, "
      "and start again");
  source.set_paused(Pause::kDeadLetters, true);
}

Status Pipeline::State::commit(WriteBatch& batch) {
  MILLRACE_FAILPOINT(kCommitting);
  MILLRACE_RETURN_IF_ERROR(store.commit(batch));
  MILLRACE_FAILPOINT(kCommitted);
  batch.clear();
  return Ok{};
}

}  // namespace millrace
