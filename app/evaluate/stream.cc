#include "app/evaluate/stream.h"

#include <algorithm>
#include <utility>

#include "core/random.h"

namespace millrace {
namespace {

constexpr std::uint64_t kPermutation = 0x5ca1ab1e;
constexpr std::uint64_t kRatingPermutation = 0x5ca1ab1f;  // another: items and their ratings must not move together

// Fisher–Yates.
template <class Swap>
void permute(std::size_t count, std::uint64_t seed, const Swap& swap, std::uint64_t purpose = kPermutation) {
  Random random(seed, 0, purpose);
  for (std::size_t i = count; i > 1; --i) swap(i - 1, random.below(i));
}

}  // namespace

Result<std::vector<Event>> read_events(const FileOptions& file) {
  MILLRACE_ASSIGN_OR_RETURN(const auto source, open_file_source(file));
  std::vector<Event> events;
  while (true) {
    auto event = source->next();
    if (!event.ok()) return std::move(event).error();
    if (!event->has_value()) return events;
    events.push_back(std::move(**event));
  }
}

void sort_by_time(std::vector<Event>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.event_time < b.event_time; });
}

void permute_items(std::span<Event> events, std::uint64_t seed) {
  permute(events.size(), seed, [events](std::size_t a, std::size_t b) { std::swap(events[a].item, events[b].item); });
}

void permute_values(std::span<Event> events, std::uint64_t seed) {
  permute(events.size(), seed, [events](std::size_t a, std::size_t b) { std::swap(events[a].value, events[b].value); });
}

void permute_values(std::span<Event> events, std::uint64_t seed, const KindTable& kinds) {
  std::vector<Event*> ratings;
  for (Event& event : events) {
    if (kinds.at(event.kind).signal == Signal::kRating) ratings.push_back(&event);
  }
  permute(
      ratings.size(), seed, [&](std::size_t a, std::size_t b) { std::swap(ratings[a]->value, ratings[b]->value); },
      kRatingPermutation);
}

}  // namespace millrace
