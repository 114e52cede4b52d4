// How an event changes its user's row, and how the row becomes the context that the model sees. The rules, those for
// events out of order and for returns included, are stated in docs/architecture.md, "Features". Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/event.h"
#include "core/example.h"
#include "features/features.h"
#include "features/user_state.h"

namespace millrace {

// Where an event stands among its user's interactions.
struct Place {
  std::size_t position = 0;  // of the history: it comes after so many interactions
  bool in_order = true;      // no interaction is newer
  bool opens_session = false;
  std::uint64_t session = 0;      // `next_session` where it opens one
  std::uint64_t session_key = 0;  // hash of the id it was given, 0 for none
};

// `session` empty: cut by gaps. An event out of order never opens a session.
Place place_of(const UserState& user, Millis time, std::string_view session, Millis gap, std::uint64_t next_session);

// The state before `place`, asked at `now`.
Context context_before(const UserState& user, const Place& place, Millis now, std::size_t context_length);

struct UserChange {
  ItemIndex item = kUnknownItem;
  KindIndex kind{};
  Signal signal = Signal::kClick;
  float weight = 1.0F;
  float value = 0.0F;
  float quantity = 1.0F;
  Millis time;
  std::span<const std::uint32_t> categories;  // of the item
  Place place;
};

// `first`: the row has not met an event yet.
void apply_to_user(UserState& user, const UserChange& change, bool first, const FeatureOptions& options);

}  // namespace millrace
