// Through one period of a stream: predict what is asked for, then learn.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "app/evaluate/protocols/protocols.h"

namespace millrace {

struct WalkOptions {
  std::function<bool(std::size_t place)> asked;  // whether the event at this place is a target
  std::function<Trial(std::size_t place)> trial;
  bool ties_visible = false;
  bool learn_last = true;  // what waits at the end of the period
};
Status walk(std::span<const Event> period, const WalkOptions& options, Course& course);

// What is learnt without a question.
Status learn(const Event& event, Course& course);

// The events from `begin` that share its time.
std::size_t ties_at(std::span<const Event> events, std::size_t begin);

// One item asked for, in the event's place.
Trial next_item_trial(const Event& event, const std::string& cluster, std::uint32_t group = 0);

}  // namespace millrace
