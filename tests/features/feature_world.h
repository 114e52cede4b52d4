// A small world for the tests of features: three kinds, readable events, and features over a store that can be
// committed and opened again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "features/features.h"
#include "store/memory_store.h"

namespace millrace {

inline constexpr KindIndex kClickKind{0};
inline constexpr KindIndex kPurchaseKind{1};
inline constexpr KindIndex kRatingKind{2};

inline FeatureOptions small_options() {
  FeatureOptions options;
  options.kinds = KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 4.0F}, {"rating", Signal::kRating, 2.0F}});
  options.session_gap = Millis{1000};
  options.counter_half_life = Millis{10'000};
  return options;
}

inline Event event_of(KindIndex kind, const std::string& user, const std::string& item, std::int64_t time) {
  Event event;
  event.user = UserId(user);
  event.item = ItemId(item);
  event.kind = kind;
  event.event_time = Millis{time};
  return event;
}
inline Event click(const std::string& user, const std::string& item, std::int64_t time) {
  return event_of(kClickKind, user, item, time);
}
inline Event purchase(const std::string& user, const std::string& item, std::int64_t time, float quantity = 1.0F) {
  Event event = event_of(kPurchaseKind, user, item, time);
  event.quantity = quantity;
  return event;
}
inline Event rating(const std::string& user, const std::string& item, std::int64_t time, float value) {
  Event event = event_of(kRatingKind, user, item, time);
  event.value = value;
  return event;
}

class FeatureWorld {
 public:
  explicit FeatureWorld(FeatureOptions options = small_options(), std::unique_ptr<Store> store = make_memory_store())
      : options_(std::move(options)), store_(std::move(store)) {
    reopen();
  }
  void reopen() {
    auto opened = open_features(options_, *store_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    features_ = std::move(opened).value();
  }
  Example apply(const Event& event) {
    Result<Example> example = features_->apply(event);
    EXPECT_TRUE(example.ok());
    return example.ok() ? *example : Example{};
  }
  void apply_all(const std::vector<Event>& events) {
    for (const Event& event : events) apply(event);
  }
  void commit() {
    WriteBatch batch;
    features_->flush(batch);
    ASSERT_TRUE(store_->commit(batch).ok());
  }
  UserState user(const std::string& id) {
    auto state = features_->user(UserId(id));
    EXPECT_TRUE(state.ok() && state->has_value()) << id;
    return state.ok() && state->has_value() ? **state : UserState{};
  }
  ItemState item(const std::string& id) {
    auto state = features_->item(ItemId(id));
    EXPECT_TRUE(state.ok() && state->has_value()) << id;
    return state.ok() && state->has_value() ? **state : ItemState{};
  }
  ItemIndex index(const std::string& id) { return features_->find_item(ItemId(id)).value_or(kUnknownItem); }
  // Ids of the user's history, oldest first.
  std::vector<std::string> history(const std::string& id) {
    std::vector<std::string> items;
    for (const Interaction& entry : user(id).history) {
      items.push_back(entry.item == kUnknownItem ? "?" : features_->item_id(entry.item).bytes);
    }
    return items;
  }
  Context context(const std::string& id, std::int64_t now, const std::string& session = "") {
    auto context = features_->context(UserId(id), Millis{now}, session);
    EXPECT_TRUE(context.ok());
    return context.ok() ? *context : Context{};
  }
  std::vector<std::pair<std::string, float>> neighbours(const std::string& id, Relation relation) {
    std::vector<std::pair<std::string, float>> named;
    auto found = features_->neighbours(ItemId(id), relation);
    EXPECT_TRUE(found.ok());
    for (const Neighbour& entry : *found) named.emplace_back(features_->item_id(entry.item).bytes, entry.weight);
    return named;
  }
  Features& features() { return *features_; }
  Store& store() { return *store_; }

 private:
  FeatureOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Features> features_;
};

// Every row of every table, for comparing whole stores.
inline std::vector<std::string> all_rows(const Store& store) {
  std::vector<std::string> rows;
  for (std::size_t table = 0; table < kTables; ++table) {
    auto visit = [&](std::string_view key, std::string_view value) {
      std::string row(table_name(static_cast<Table>(table)));
      row.append("/").append(key).append("=").append(value);
      rows.push_back(std::move(row));
      return true;
    };
    EXPECT_TRUE(store.scan(static_cast<Table>(table), "", "", visit).ok());
  }
  return rows;
}

}  // namespace millrace
