#include "features/features.h"

#include <algorithm>
#include <array>
#include <utility>

#include "features/codec_parts.h"
#include "features/counters.h"
#include "features/item_names.h"
#include "features/item_update.h"
#include "features/row_cache.h"
#include "features/rows.h"
#include "features/user_queue.h"
#include "features/user_update.h"

namespace millrace {
namespace {

// Rows of the user queue that a step looks at for each new user, and besides: so a step's work is bounded, and the
// queue is gone through before the users beyond the bound are a sixteenth.
constexpr std::uint64_t kLooksPerNewcomer = 16;
constexpr std::uint64_t kLooks = 256;

class StoredFeatures final : public Features {
 public:
  StoredFeatures(const FeatureOptions& options, const Store& store)
      : options_(options),
        store_(store),
        names_(options.max_items),
        users_(store, options.user_cache_bytes),
        items_(store, options.item_cache_bytes / 4),
        neighbours_(store, options.item_cache_bytes / 2),
        contents_(store, options.item_cache_bytes / 4) {}

  Status load(const Store& store) {
    MILLRACE_ASSIGN_OR_RETURN(counters_, load_counters(store, options_.kinds));
    queue_ = UserQueue(counters_.queue);
    if (!counters_.queued) MILLRACE_RETURN_IF_ERROR(queue_all_users());
    return names_.load(store);
  }

  Status prefetch(std::span<const Event> events) override;
  Result<Example> apply(const Event& event) override;
  Result<Context> context(const UserId& user, Millis now, const std::string& session) override;

  std::optional<ItemIndex> find_item(const ItemId& item) const override { return names_.find(item); }
  const ItemId& item_id(ItemIndex item) const override { return names_.at(item); }
  Result<std::uint64_t> item_interactions(ItemIndex item) override {
    MILLRACE_ASSIGN_OR_RETURN(const auto* entry, load_item(item));
    return std::uint64_t{entry->row.interactions};
  }
  std::size_t item_count() const override { return names_.size(); }
  Result<ItemIndex> add_item(const ItemId& item) override { return names_.add(item); }

  Status apply_catalogue(const CatalogueChange& change) override;
  Result<std::optional<ItemContent>> content(const ItemId& item) const override;
  Result<std::optional<UserState>> user(const UserId& user) override;
  Result<std::optional<ItemState>> item(const ItemId& item) override;
  Result<std::vector<Neighbour>> neighbours(const ItemId& item, Relation relation) override;

  Result<std::vector<UserId>> make_room(WriteBatch& batch) override;
  std::uint64_t user_count() const override { return queue_.size(); }
  void flush(WriteBatch& batch) override;

  CacheStatistics user_cache() const override { return users_.statistics(); }
  CacheStatistics item_cache() const override {
    CacheStatistics total = items_.statistics();
    for (const CacheStatistics& part : {neighbours_.statistics(), contents_.statistics()}) {
      total.hits += part.hits;
      total.misses += part.misses;
      total.rows += part.rows;
      total.bytes += part.bytes;
    }
    return total;
  }

 private:
  Result<RowCache<ItemRows>::Entry*> load_item(ItemIndex index);
  Status queue_all_users();
  Result<std::uint64_t> go_on(UserRank rank, std::uint64_t looks, WriteBatch& batch, std::vector<UserId>& gone);
  Status relate(const UserState& user, ItemIndex item, const Event& event, const Place& place);
  Status relate_together(const UserState& user, ItemIndex item, Millis time, std::uint64_t session);

  const FeatureOptions options_;
  const Store& store_;
  FeatureCounters counters_;
  UserQueue queue_;
  std::vector<std::string> newcomers_;  // since the last flush, in the order of their numbers
  ItemNames names_;
  RowCache<UserRows> users_;
  RowCache<ItemRows> items_;
  RowCache<NeighbourRows> neighbours_;
  mutable RowCache<ContentRows> contents_;  // looking an item's content up may read it from the store
};

// An event touches its user, its item, what came together with the item, and what follows the item before it; the
// item's own followers are touched by the user's next event, which is often in the same step.
Status StoredFeatures::prefetch(std::span<const Event> events) {
  for (const Event& event : events) {
    users_.want(event.user.bytes);
    const auto item = names_.find(event.item);
    if (!item) continue;
    items_.want(raw(*item));
    neighbours_.want({*item, Relation::kTogether});
    neighbours_.want({*item, Relation::kNext});
  }
  MILLRACE_RETURN_IF_ERROR(users_.fetch());
  MILLRACE_RETURN_IF_ERROR(items_.fetch());
  for (const Event& event : events) {
    MILLRACE_ASSIGN_OR_RETURN(const auto* user, users_.load(event.user.bytes));
    if (user->row.history.empty()) continue;
    const ItemIndex last = user->row.history.back().item;
    if (last != kUnknownItem) neighbours_.want({last, Relation::kNext});
  }
  return neighbours_.fetch();
}

Result<RowCache<ItemRows>::Entry*> StoredFeatures::load_item(ItemIndex index) {
  MILLRACE_ASSIGN_OR_RETURN(auto* entry, items_.load(raw(index)));
  if (entry->exists) return entry;
  // The first time: the catalogue may have described the item before its first event.
  MILLRACE_ASSIGN_OR_RETURN(const auto* content, contents_.load(names_.at(index).bytes));
  if (content->exists) describe_item(entry->row, content->row.content);
  return entry;
}

Result<Example> StoredFeatures::apply(const Event& event) {
  const Kind& kind = options_.kinds.at(event.kind);
  MILLRACE_ASSIGN_OR_RETURN(auto* user, users_.load(event.user.bytes));
  const bool first = !user->exists;
  if (first) {
    user->row.index = UserIndex{counters_.next_user++};
    newcomers_.push_back(event.user.bytes);
  }
  Place place = place_of(user->row, event.event_time, event.session, options_.session_gap, counters_.next_session);
  const bool back = event.quantity < 0.0F;
  if (back && place.opens_session) place.session = user->row.session;
  if (!back && place.opens_session) ++counters_.next_session;

  const ItemIndex index = names_.add(event.item);
  Example example;
  example.context = context_before(user->row, place, event.event_time, options_.context_length);
  example.item = index;
  example.kind = event.kind;
  example.signal = kind.signal;
  example.weight = kind.weight;
  example.value = event.value;
  example.quantity = event.quantity;
  example.price = event.price;
  example.time = event.event_time;

  UserChange change{index,          event.kind,       kind.signal, kind.weight, event.value,
                    event.quantity, event.event_time, {},          place};
  if (index != kUnknownItem) {
    MILLRACE_ASSIGN_OR_RETURN(auto* item, load_item(index));
    const bool rated = user->row.rating_count > 0;
    apply_to_item(item->row, event, kind, rated ? user->row.mean_rating() : event.value, options_);
    items_.mark_dirty(*item);
    change.categories = item->row.categories;
    if (!back) MILLRACE_RETURN_IF_ERROR(relate(user->row, index, event, place));
  }
  apply_to_user(user->row, change, first, options_);
  users_.mark_dirty(*user);
  return example;
}

// Only an event in order follows another one: where one comes late, what it came between has been counted already.
Status StoredFeatures::relate(const UserState& user, ItemIndex item, const Event& event, const Place& place) {
  if (!place.in_order || place.opens_session) return Ok{};
  const ItemIndex previous = user.history.back().item;
  if (previous != kUnknownItem) {
    MILLRACE_ASSIGN_OR_RETURN(auto* next, neighbours_.load({previous, Relation::kNext}));
    const double weight = next->row.advance(event.event_time, options_.counter_half_life);
    add_bounded(next->row.weights, raw(item), weight, options_.neighbours_per_item);
    neighbours_.mark_dirty(*next);
  }
  return relate_together(user, item, event.event_time, place.session);
}

// Counts each pair once, in the row of the later item: an event then writes one row, not eleven.
Status StoredFeatures::relate_together(const UserState& user, ItemIndex item, Millis time, std::uint64_t session) {
  std::array<ItemIndex, kTogetherWindow> others;
  std::size_t count = 0;
  const std::size_t size = user.history.size();
  for (std::size_t back = 1; back <= std::min(size, kTogetherWindow); ++back) {
    if (user.sessions[size - back] != session) break;
    const ItemIndex other = user.history[size - back].item;
    if (other == kUnknownItem || other == item) continue;
    if (std::find(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count), other) ==
        others.begin() + static_cast<std::ptrdiff_t>(count)) {
      others[count++] = other;
    }
  }
  if (count == 0) return Ok{};
  MILLRACE_ASSIGN_OR_RETURN(auto* together, neighbours_.load({item, Relation::kTogether}));
  const double weight = together->row.advance(time, options_.counter_half_life);
  for (std::size_t i = 0; i < count; ++i) {
    add_bounded(together->row.weights, raw(others[i]), weight, options_.neighbours_per_item);
  }
  neighbours_.mark_dirty(*together);
  return Ok{};
}

Result<Context> StoredFeatures::context(const UserId& user, Millis now, const std::string& session) {
  MILLRACE_ASSIGN_OR_RETURN(const auto* entry, users_.load(user.bytes));
  const UserState& row = entry->row;
  // The present state, whole, even where it is asked for a time that the user has passed already.
  const Millis time = row.history.empty() ? now : std::max(now, row.history.back().time);
  const Place place = place_of(row, time, session, options_.session_gap, counters_.next_session);
  Context context = context_before(row, place, now, options_.context_length);
  if (!entry->exists) context.user = UserIndex{counters_.next_user};
  return context;
}

Status StoredFeatures::apply_catalogue(const CatalogueChange& change) {
  MILLRACE_ASSIGN_OR_RETURN(auto* entry, contents_.load(change.item.bytes));
  if (!change.content) {
    if (entry->exists) contents_.mark_erased(*entry);
    return Ok{};
  }
  if (entry->exists && entry->row.content == *change.content) return Ok{};
  entry->row.content = *change.content;
  contents_.mark_dirty(*entry);
  const auto index = names_.find(change.item);
  if (!index) return Ok{};
  MILLRACE_ASSIGN_OR_RETURN(auto* item, items_.load(raw(*index)));
  if (describe_item(item->row, *change.content)) items_.mark_dirty(*item);
  return Ok{};
}

Result<std::optional<ItemContent>> StoredFeatures::content(const ItemId& item) const {
  MILLRACE_ASSIGN_OR_RETURN(const auto* entry, contents_.load(item.bytes));
  if (!entry->exists) return std::optional<ItemContent>();
  return std::optional<ItemContent>(entry->row.content);
}

Result<std::optional<UserState>> StoredFeatures::user(const UserId& user) {
  MILLRACE_ASSIGN_OR_RETURN(const auto* entry, users_.load(user.bytes));
  if (!entry->exists) return std::optional<UserState>();
  return std::optional<UserState>(entry->row);
}

Result<std::optional<ItemState>> StoredFeatures::item(const ItemId& item) {
  const auto index = names_.find(item);
  if (!index) return std::optional<ItemState>();
  MILLRACE_ASSIGN_OR_RETURN(const auto* entry, items_.load(raw(*index)));
  if (!entry->exists) return std::optional<ItemState>();
  return std::optional<ItemState>(entry->row);
}

Result<std::vector<Neighbour>> StoredFeatures::neighbours(const ItemId& item, Relation relation) {
  const auto index = names_.find(item);
  if (!index) return std::vector<Neighbour>();
  MILLRACE_ASSIGN_OR_RETURN(const auto* entry, neighbours_.load({*index, relation}));
  return ranked_neighbours(entry->row, options_.counter_half_life);
}

// A store of a version without the queue: all its users come as newcomers, in the order of their numbers.
Status StoredFeatures::queue_all_users() {
  std::vector<std::pair<UserIndex, std::string>> users;
  Status status = Ok{};
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto row = decode_user(value);
    if (row.ok()) {
      users.emplace_back(row->index, key);
    } else {
      status = row.error();
    }
    return status.ok();
  };
  MILLRACE_RETURN_IF_ERROR(store_.scan(Table::kUsers, "", "", visit));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  std::sort(users.begin(), users.end());
  for (auto& [index, user] : users) newcomers_.push_back(std::move(user));
  return Ok{};
}

Result<std::vector<UserId>> StoredFeatures::make_room(WriteBatch& batch) {
  std::vector<UserId> gone;
  std::uint64_t looks = kLooks + kLooksPerNewcomer * newcomers_.size();
  while (looks > 0 && queue_.size() + newcomers_.size() > options_.max_users) {
    const UserRank rank = queue_.turn(newcomers_.size(), options_.max_users);
    MILLRACE_ASSIGN_OR_RETURN(const std::uint64_t looked, go_on(rank, looks, batch, gone));
    if (looked == 0) break;  // only this step's are left
    looks -= looked;
  }
  return gone;
}

// Looks at the next of a rank, at most as many as must go; returns how many.
Result<std::uint64_t> StoredFeatures::go_on(UserRank rank, std::uint64_t looks, WriteBatch& batch,
                                            std::vector<UserId>& gone) {
  const std::uint64_t excess = queue_.size() + newcomers_.size() - options_.max_users;
  MILLRACE_ASSIGN_OR_RETURN(const auto queued, queue_.head(store_, rank, std::min(looks, excess)));
  for (const QueuedUser& entry : queued) users_.want(entry.user);
  MILLRACE_RETURN_IF_ERROR(users_.fetch());
  for (const QueuedUser& entry : queued) {
    MILLRACE_ASSIGN_OR_RETURN(auto* user, users_.load(entry.user));
    if (!user->exists) return undecodable("user queue", "", 1);
    queue_.pop(rank, batch);
    if (user->dirty || user->row.interactions > entry.interactions) {
      queue_.push(UserRank::kRegular, {entry.user, user->row.interactions}, batch);
    } else {
      users_.mark_erased(*user);
      gone.emplace_back(entry.user);
    }
  }
  return std::uint64_t{queued.size()};
}

void StoredFeatures::flush(WriteBatch& batch) {
  // One interaction is what made them known.
  for (const std::string& user : newcomers_) queue_.push(UserRank::kNewcomer, {user, 1}, batch);
  newcomers_.clear();
  queue_.settle();
  counters_.queue = queue_.ends();
  flush_counters(counters_, batch);
  names_.flush(batch);
  users_.flush(batch);
  items_.flush(batch);
  neighbours_.flush(batch);
  contents_.flush(batch);
}

}  // namespace

Result<std::unique_ptr<Features>> open_features(const FeatureOptions& options, const Store& store) {
  auto features = std::make_unique<StoredFeatures>(options, store);
  MILLRACE_RETURN_IF_ERROR(features->load(store));
  return std::unique_ptr<Features>(std::move(features));
}

}  // namespace millrace
