// Exponentially decayed weights in event time. A row keeps one reference time; what is added at time t is stored as
// amount · 2^((t − reference) / half-life), so that nothing has to be touched to age, the order of weights never
// changes by itself, and an event out of order simply adds less. The decayed value at time t is stored · 2^(−(t −
// reference) / half-life).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace millrace {

// A small non-negative weight under a number (an item index, a category's hash).
struct WeightedKey {
  std::uint32_t key = 0;
  float weight = 0.0F;  // stored form, see above
  bool operator==(const WeightedKey&) const = default;
};

// Once a row's newest time is this much growth (32 half-lives) past its reference, it is rebased: far from what a float
// can hold.
inline constexpr double kRebaseGrowth = 0x1.0p32;

// 2^((time − reference) / half_life); requires half_life > 0.
double decay_growth(Millis time, Millis reference, Millis half_life);

// Adds `amount` (negative: subtracts, never below 0) to `key`. `set` is sorted by key and holds at most `limit`
// entries, at least 1: where a new one finds no room, the lightest entry leaves, of equal ones the lowest key. Nothing
// is added for an amount that is not positive to a key that is not there.
void add_bounded(std::vector<WeightedKey>& set, std::uint32_t key, double amount, std::size_t limit);

void scale_weights(std::vector<WeightedKey>& set, double factor);

}  // namespace millrace
