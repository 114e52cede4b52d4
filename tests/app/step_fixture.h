// A small stream with structure to learn, and helpers to run it through a Step over any store.
#pragma once

#include <string>
#include <vector>

#include "app/step.h"
#include "core/random.h"
#include "store/store.h"

namespace millrace::testing {

inline KindTable test_kinds() {
  return KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 3.0F}, {"rating", Signal::kRating, 1.0F}});
}

inline StepOptions small_step_options() {
  StepOptions options;
  options.features.kinds = test_kinds();
  options.model.kinds = test_kinds();
  options.model.minibatch = 32;
  options.model.minibatch_min = 8;
  options.model.encoder.dimension = 32;
  options.model.encoder.negatives = 64;
  options.model.encoder.token_buckets = 256;
  options.model.encoder.recent_replay_mean = 200.0F;
  options.rules.length = 10;
  options.example_capacity = 600;
  options.checkpoint.steps = 9;
  options.version_base = 1000;
  return options;
}

// Users walk a ring of `items` (of full period where it is 120): the next item is mostly the successor of the last one.
// With `shuffled`, it is any item.
inline std::vector<Event> walk_events(std::size_t count, std::uint64_t seed, std::size_t items = 120,
                                      bool shuffled = false) {
  Random random(seed);
  std::vector<Event> events;
  std::vector<std::uint64_t> at(40);
  for (auto& place : at) place = random.below(items);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t user = random.below(at.size());
    const bool follows = random.uniform() < 0.9;
    at[user] = follows ? (at[user] * 61 + 7) % items : random.below(items);
    Event event;
    event.position = {TopicIndex{0}, PartitionIndex{static_cast<std::int32_t>(user % 4)},
                      Offset{static_cast<std::int64_t>(i)}};
    event.event_time = {1'700'000'000'000 + static_cast<std::int64_t>(i) * 1000};
    event.record_time = event.event_time;
    event.user = UserId("user-" + std::to_string(user));
    event.item = ItemId("item-" + std::to_string(shuffled ? random.below(items) : at[user]));
    event.kind = KindIndex{static_cast<std::uint8_t>(random.below(10) == 0 ? 1 : random.below(12) == 0 ? 2 : 0)};
    if (raw(event.kind) == 2) event.value = static_cast<float>(1 + random.below(5));
    if (raw(event.kind) == 1) {
      event.price = 2.5F;
      if (random.below(15) == 0) event.quantity = -1.0F;
    }
    events.push_back(event);
  }
  return events;
}

inline StepInput step_input(std::uint64_t step, std::span<const Event> events) {
  StepInput input;
  input.step = step;
  input.events.assign(events.begin(), events.end());
  input.effort.ranked_examples = 8;
  for (std::int32_t partition = 0; partition < 4; ++partition) {
    input.reflects.push_back({TopicIndex{0}, PartitionIndex{partition}, Offset{static_cast<std::int64_t>(step)}});
  }
  return input;
}

// Every table, byte for byte.
inline std::string dump(const Store& store) {
  std::string all;
  for (std::size_t t = 0; t < kTables; ++t) {
    const Table table{static_cast<std::uint8_t>(t)};
    const Status scanned = store.scan(table, "", "", [&](std::string_view key, std::string_view value) {
      all.append(table_name(table)).append("/").append(key).append("=").append(value).append("\n");
      return true;
    });
    if (!scanned) all.append(scanned.error().message);
  }
  return all;
}

}  // namespace millrace::testing
