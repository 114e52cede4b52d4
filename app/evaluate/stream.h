// Streams of events for evaluations: reading, ordering, permuting.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/event.h"
#include "core/result.h"
#include "ingest/file_source.h"

namespace millrace {

Result<std::vector<Event>> read_events(const FileOptions& file);
void sort_by_time(std::vector<Event>& events);  // stable

// The control: items (values) permuted over the events; users, times and kinds stay. Seeded.
void permute_items(std::span<Event> events, std::uint64_t seed);
void permute_values(std::span<Event> events, std::uint64_t seed);
// The same among the ratings alone, and independent of how items are permuted.
void permute_values(std::span<Event> events, std::uint64_t seed, const KindTable& kinds);

}  // namespace millrace
