#include "app/evaluate/stream.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/random.h"

namespace millrace {
namespace {

// Fisher–Yates.
template <class Swap>
void permute(std::size_t count, std::uint64_t seed, const Swap& swap) {
  constexpr std::uint64_t kPurpose = 0x5ca1ab1e;
  Random random(seed, 0, kPurpose);
  for (std::size_t i = count; i > 1; --i) swap(i - 1, random.below(i));
}

std::span<const Event> group_at(std::span<const Event> events, std::size_t begin) {
  std::size_t end = begin;
  while (end < events.size() && events[end].event_time == events[begin].event_time) ++end;
  return events.subspan(begin, end - begin);
}

std::vector<bool> find_targets(std::span<const Event> events, const TimedStream& stream) {
  std::vector<bool> targets;
  targets.reserve(events.size());
  absl::flat_hash_set<std::pair<std::string, std::string>> touched;
  for (const Event& event : events) {
    const bool first = !stream.first_touches || touched.emplace(event.user.bytes, event.item.bytes).second;
    targets.push_back(first && stream.ranks(event));
  }
  return targets;
}

Trial trial_of(const Event& event) {
  Trial trial;
  trial.user = event.user;
  trial.session = event.session;
  trial.now = event.event_time;
  trial.targets = {event.item};
  trial.cluster = event.user.bytes;
  return trial;
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

Status predict_then_learn(std::span<const Event> events, const TimedStream& stream, Evaluator& evaluator,
                          Progress& progress) {
  const std::vector<bool> targets = find_targets(events, stream);
  const auto count = static_cast<double>(std::count(targets.begin(), targets.end(), true));
  const auto skipped = static_cast<std::size_t>(std::ceil(stream.skip_share * count));
  std::size_t met = 0;
  for (std::size_t at = 0; at < events.size();) {
    const std::span<const Event> group = group_at(events, at);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!targets[at + i] || met++ < skipped) continue;
      MILLRACE_RETURN_IF_ERROR(evaluator.ask(trial_of(group[i])));
    }
    for (const Event& event : group) MILLRACE_RETURN_IF_ERROR(evaluator.learn(event));
    at += group.size();
    if (progress.due()) progress.update(at, evaluator.headline());
  }
  return evaluator.flush();
}

}  // namespace millrace
