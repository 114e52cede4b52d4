#include "features/user_update.h"

#include <algorithm>

#include "core/hash.h"

namespace millrace {
namespace {

bool by_item(const SeenItem& entry, ItemIndex item) { return raw(entry.item) < raw(item); }

std::uint64_t key_of(std::string_view session) {
  if (session.empty()) return 0;
  const std::uint64_t hash = fnv1a(session);
  return hash == 0 ? 1 : hash;
}

bool continues(const UserState& user, Millis time, std::uint64_t session_key, Millis gap) {
  if (user.session_key != session_key) return false;
  return session_key != 0 || time.count - user.history.back().time.count <= gap.count;
}

// An older event takes the session whose id it carries where that is the newest one, else its predecessor's, or as the
// oldest of all its successor's; one cut by gaps prefers the successor where only that one is near.
std::uint64_t session_of_older(const UserState& user, Millis time, const Place& place, Millis gap) {
  if (place.session_key != 0 && place.session_key == user.session_key) return user.session;
  const std::size_t at = place.position;
  if (at == 0) return user.sessions.front();
  const bool near_before = time.count - user.history[at - 1].time.count <= gap.count;
  const bool near_after = user.history[at].time.count - time.count <= gap.count;
  if (place.session_key == 0 && near_after && !near_before) return user.sessions[at];
  return user.sessions[at - 1];
}

void count(UserState& user, const UserChange& change, const FeatureOptions& options) {
  double growth = decay_growth(change.time, user.reference, options.counter_half_life);
  if (growth > kRebaseGrowth) {
    for (double& counter : user.kinds) counter /= growth;
    scale_weights(user.categories, 1.0 / growth);
    user.reference = change.time;
    growth = 1.0;
  }
  const double amount = static_cast<double>(change.weight) * growth * (change.quantity < 0.0F ? -1.0 : 1.0);
  const std::size_t kind = raw(change.kind);
  if (kind >= user.kinds.size()) user.kinds.resize(options.kinds.size());
  user.kinds[kind] = std::max(0.0, user.kinds[kind] + amount);
  for (const std::uint32_t category : change.categories) {
    add_bounded(user.categories, category, amount, options.max_categories_per_user);
  }
}

void insert_interaction(UserState& user, const UserChange& change, std::size_t limit) {
  const Interaction entry{change.item, change.kind, change.time, change.value};
  const auto position = static_cast<std::ptrdiff_t>(change.place.position);
  if (user.history.size() < limit) {
    user.history.insert(user.history.begin() + position, entry);
    user.sessions.insert(user.sessions.begin() + position, change.place.session);
    return;
  }
  if (position == 0) return;  // older than everything that is kept
  std::move(user.history.begin() + 1, user.history.begin() + position, user.history.begin());
  std::move(user.sessions.begin() + 1, user.sessions.begin() + position, user.sessions.begin());
  user.history[change.place.position - 1] = entry;
  user.sessions[change.place.position - 1] = change.place.session;
}

void erase_seen(UserState& user, std::ptrdiff_t at) {
  user.seen.erase(user.seen.begin() + at);
  user.seen_units.erase(user.seen_units.begin() + at);
}

// The one touched longest ago leaves, of equals the lowest index.
void evict_seen(UserState& user) {
  const auto oldest = std::min_element(user.seen.begin(), user.seen.end(),
                                       [](const SeenItem& a, const SeenItem& b) { return a.last < b.last; });
  erase_seen(user, oldest - user.seen.begin());
}

void touch_seen(UserState& user, const UserChange& change, std::size_t limit) {
  const float units = change.quantity > 0.0F ? change.quantity : 1.0F;
  auto found = std::lower_bound(user.seen.begin(), user.seen.end(), change.item, by_item);
  if (found != user.seen.end() && found->item == change.item) {
    ++found->count;
    found->last = std::max(found->last, change.time);
    user.seen_units[static_cast<std::size_t>(found - user.seen.begin())] += units;
    return;
  }
  const std::ptrdiff_t at = found - user.seen.begin();
  user.seen.insert(found, SeenItem{change.item, 1, change.time});
  user.seen_units.insert(user.seen_units.begin() + at, units);
  if (user.seen.size() > limit) evict_seen(user);
}

void return_seen(UserState& user, const UserChange& change) {
  const auto found = std::lower_bound(user.seen.begin(), user.seen.end(), change.item, by_item);
  if (found == user.seen.end() || found->item != change.item) return;
  const std::ptrdiff_t at = found - user.seen.begin();
  float& units = user.seen_units[static_cast<std::size_t>(at)];
  units += change.quantity;
  if (units <= 0.0F) {
    erase_seen(user, at);
  } else if (found->count > 1) {
    --found->count;
  }
}

}  // namespace

Place place_of(const UserState& user, Millis time, std::string_view session, Millis gap, std::uint64_t next_session) {
  Place place;
  place.session_key = key_of(session);
  place.position = user.history.size();
  if (user.history.empty()) {
    place.opens_session = true;
    place.session = next_session;
  } else if (time >= user.history.back().time) {
    place.opens_session = !continues(user, time, place.session_key, gap);
    place.session = place.opens_session ? next_session : user.session;
  } else {
    const auto after = std::upper_bound(user.history.begin(), user.history.end(), time,
                                        [](Millis t, const Interaction& entry) { return t < entry.time; });
    place.position = static_cast<std::size_t>(after - user.history.begin());
    place.in_order = false;
    place.session = session_of_older(user, time, place, gap);
  }
  return place;
}

Context context_before(const UserState& user, const Place& place, Millis now, std::size_t context_length) {
  Context context;
  context.user = user.index;
  context.session = place.session;
  const std::size_t length = std::min(context_length, place.position);
  const auto end = user.history.begin() + static_cast<std::ptrdiff_t>(place.position);
  context.history.assign(end - static_cast<std::ptrdiff_t>(length), end);
  while (context.session_length < length &&
         user.sessions[place.position - 1 - context.session_length] == place.session) {
    ++context.session_length;
  }
  context.seen = user.seen;
  context.now = now;
  context.first_seen = user.interactions == 0 && user.seen.empty() ? now : user.first_seen;
  context.interactions = user.interactions;
  context.mean_rating = user.mean_rating();
  return context;
}

void apply_to_user(UserState& user, const UserChange& change, bool first, const FeatureOptions& options) {
  if (first) user.first_seen = user.last_seen = user.reference = change.time;
  user.first_seen = std::min(user.first_seen, change.time);
  user.last_seen = std::max(user.last_seen, change.time);
  count(user, change, options);
  if (change.quantity < 0.0F) {
    if (change.item != kUnknownItem) return_seen(user, change);
    return;
  }
  if (change.signal == Signal::kRating) {
    user.rating_sum += static_cast<double>(change.value);
    ++user.rating_count;
  }
  if (change.place.in_order) {
    user.session = change.place.session;
    user.session_key = change.place.session_key;
  }
  insert_interaction(user, change, options.history_length);
  ++user.interactions;
  if (change.item != kUnknownItem) touch_seen(user, change, options.seen_items);
}

}  // namespace millrace
