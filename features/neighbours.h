// What follows and what accompanies an item, table `neighbours`, and its bytes (docs/formats.md, "neighbours"). Two
// rows an item, so that an event writes only the half it changes: what came right after the item, and what came before
// it in the same session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "features/decay.h"

namespace millrace {

enum class Relation : std::uint8_t {
  kNext = 0,      // the neighbour came right after this item, in one session
  kTogether = 1,  // the neighbour came before this item in one session, among the last kTogetherWindow
};
inline constexpr std::size_t kTogetherWindow = 10;

struct NeighbourKey {
  ItemIndex item{};
  Relation relation{};
  bool operator==(const NeighbourKey&) const = default;
  template <class H>
  friend H AbslHashValue(H state, const NeighbourKey& key) {
    return H::combine(std::move(state), raw(key.item), static_cast<std::uint8_t>(key.relation));
  }
};

struct NeighbourRow {
  Millis reference;                  // of the decayed weights (decay.h)
  Millis newest;                     // of the events that added to it
  std::vector<WeightedKey> weights;  // by item index, stored form

  // What one event at `time` adds to a neighbour's weight, for add_bounded(); rebases the row where it is due.
  double advance(Millis time, Millis half_life);
  std::size_t memory_bytes() const { return sizeof *this + weights.capacity() * sizeof(WeightedKey); }
  bool operator==(const NeighbourRow&) const = default;
};

struct Neighbour {
  ItemIndex item = kUnknownItem;
  float weight = 0.0F;
  bool operator==(const Neighbour&) const = default;
};
// Decayed to the row's newest time, heaviest first, ties by lower index.
std::vector<Neighbour> ranked_neighbours(const NeighbourRow& row, Millis half_life);

std::string neighbour_key(NeighbourKey key);
std::string encode_neighbours(const NeighbourRow& row);
// kCorruption for bytes that encode_neighbours() cannot have written.
Result<NeighbourRow> decode_neighbours(std::string_view bytes);

}  // namespace millrace
