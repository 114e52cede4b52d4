// What features hand to the model: the user's state as it was before an event (Context), and the event as the model
// sees it (Example). Contexts are also what a list is asked for with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/event.h"
#include "core/ids.h"
#include "core/time.h"

namespace millrace {

struct Interaction {
  ItemIndex item = kUnknownItem;  // kUnknownItem: an item not known (yet); keeps its place, is never attended to
  KindIndex kind{};
  Millis time;
  float value = 0.0F;
  bool operator==(const Interaction&) const = default;
};

// An item that the user touched at least once.
struct SeenItem {
  ItemIndex item = kUnknownItem;
  std::uint32_t count = 0;  // purchases less returns, or touches; at least 1
  Millis last;
  bool operator==(const SeenItem&) const = default;
};

// `seen` by item index; nullptr where the item is not among them.
inline const SeenItem* find_seen(std::span<const SeenItem> seen, ItemIndex item) {
  const auto at = std::lower_bound(seen.begin(), seen.end(), item,
                                   [](const SeenItem& entry, ItemIndex wanted) { return entry.item < wanted; });
  return at != seen.end() && at->item == item ? &*at : nullptr;
}
inline bool has_seen(std::span<const SeenItem> seen, ItemIndex item) { return find_seen(seen, item) != nullptr; }

struct Context {
  UserIndex user{};
  std::uint64_t session = 0;         // number of the session, unique within a store
  std::uint32_t session_length = 0;  // how many interactions at the end of `history` are of this session
  std::vector<Interaction> history;  // oldest first, at most the configured context length
  std::vector<SeenItem> seen;        // by item index, bounded; not in the example log
  Millis now;                        // the time for which a prediction is asked
  Millis first_seen;                 // of the user; equal to `now` for a new one
  std::uint32_t interactions = 0;    // ever, of this user
  float mean_rating = 0.0F;          // 0 where the user rated nothing
  bool operator==(const Context&) const = default;
};

struct Example {
  std::uint64_t sequence = 0;  // position in the example log, from 0, without gaps
  Context context;             // before the event
  ItemIndex item{};
  KindIndex kind{};
  Signal signal = Signal::kClick;
  float weight = 1.0F;    // of the kind
  float value = 0.0F;     // a rating
  float quantity = 1.0F;  // negative: a return, never a positive example
  float price = 0.0F;
  Millis time;
  bool operator==(const Example&) const = default;
};

}  // namespace millrace
