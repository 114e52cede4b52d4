// Streams of events for evaluations: reading, ordering, permuting, and the prequential walk that never looks at a time
// tie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "app/evaluate/evaluator.h"
#include "app/progress.h"
#include "core/event.h"
#include "core/result.h"
#include "ingest/file_source.h"

namespace millrace {

Result<std::vector<Event>> read_events(const FileOptions& file);
void sort_by_time(std::vector<Event>& events);  // stable

// The control: items (values) permuted over the events; users, times and kinds stay. Seeded.
void permute_items(std::span<Event> events, std::uint64_t seed);
void permute_values(std::span<Event> events, std::uint64_t seed);

struct TimedStream {
  std::function<bool(const Event&)> ranks;  // whether an event is a target of the ranking
  bool first_touches = false;               // only the first event of a user and an item is one
  double skip_share = 0.0;                  // of the targets, at the beginning: learnt, not scored
};

// `events` in time order. All targets of one time are asked for before the first event of that time is learnt.
Status predict_then_learn(std::span<const Event> events, const TimedStream& stream, Evaluator& evaluator,
                          Progress& progress);

}  // namespace millrace
