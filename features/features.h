// Events become state: per-user and per-item rows and the examples the model learns from. First stage of the step's
// computation after ingest. One thread. Deterministic: event time only, no clock, no randomness.
//
// A step calls prefetch() for its events, then apply() for each in order, then flush() into the step's batch; rows are
// read and written once a step. All rows that fit the budget stay in memory between steps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/catalogue.h"
#include "core/event.h"
#include "core/example.h"
#include "core/list.h"
#include "core/result.h"
#include "features/cache_statistics.h"
#include "features/item_state.h"
#include "features/neighbours.h"
#include "features/user_state.h"
#include "store/store.h"

namespace millrace {

struct FeatureOptions {
  KindTable kinds;
  std::size_t history_length = 50;             // interactions kept per user, 1 … 255
  std::size_t context_length = 20;             // interactions of them handed to the model, at most history_length
  std::size_t seen_items = 512;                // distinct items remembered per user
  Millis session_gap{30 * 60 * 1000};          // a longer pause begins a new session where the event gives none
  Millis counter_half_life{7 * 86'400'000LL};  // of decayed counters
  std::size_t neighbours_per_item = 64;        // transitions, and co-occurrences, kept per item
  std::size_t max_items = 1'000'000;     // known items; beyond it events of new items are applied with kUnknownItem
  std::uint64_t max_users = 10'000'000;  // known users; beyond it old ones make room (user_queue.h)
  std::size_t max_categories_per_user = 32;
  std::uint64_t user_cache_bytes = 256ULL << 20;
  std::uint64_t item_cache_bytes = 256ULL << 20;
};

class Features {
 public:
  virtual ~Features() = default;

  // Loads into memory every row that the coming apply() or context() calls for these users touch.
  virtual Status prefetch(std::span<const Event> events) = 0;

  // Applies one event to user, item and neighbour rows and returns its example: the state before it. `sequence` of the
  // example is left 0. An event older than the user's newest is inserted at its place in the history (rules in
  // docs/architecture.md).
  virtual Result<Example> apply(const Event& event) = 0;

  // The user's state now, as the model sees it; `now` is the time for which a prediction is asked. `session` as in
  // Event: empty means by gap. A user without history gets an empty context with a fresh index (not stored).
  virtual Result<Context> context(const UserId& user, Millis now, const std::string& session) = 0;

  // Known item or none. Names are kept in memory.
  virtual std::optional<ItemIndex> find_item(const ItemId& item) const = 0;
  virtual const ItemId& item_id(ItemIndex item) const = 0;
  // Interactions with a known item, ever, returns not counted; cheap for one of this step's events.
  virtual Result<std::uint64_t> item_interactions(ItemIndex item) = 0;
  virtual std::size_t item_count() const = 0;  // known items are 0 … item_count() - 1
  // Makes the item known if it is not; kUnknownItem if max_items is reached.
  virtual Result<ItemIndex> add_item(const ItemId& item) = 0;

  // Content of an item as the items topic last said (kept for category counters, price, titles of `inspect`).
  virtual Status apply_catalogue(const CatalogueChange& change) = 0;
  virtual Result<std::optional<ItemContent>> content(const ItemId& item) const = 0;

  // For inspection and tests; nullopt where there is none.
  virtual Result<std::optional<UserState>> user(const UserId& user) = 0;
  virtual Result<std::optional<ItemState>> item(const ItemId& item) = 0;
  // Decayed to the row's newest time, heaviest first, ties by lower index.
  virtual Result<std::vector<Neighbour>> neighbours(const ItemId& item, Relation relation) = 0;

  // Users beyond max_users that make room now: their rows go with the coming flush(). Once a step, after all that
  // touches users; those of this step stay. A bounded number of rows is looked at, so there may be more users than
  // max_users for a while: those of a step, and a sixteenth.
  virtual Result<std::vector<UserId>> make_room(WriteBatch& batch) = 0;
  virtual std::uint64_t user_count() const = 0;  // as of the last flush

  // Appends every row changed since the last flush to `batch`, in a deterministic order, and marks them clean. If the
  // batch is not committed the object must be thrown away.
  virtual void flush(WriteBatch& batch) = 0;

  virtual CacheStatistics user_cache() const = 0;
  virtual CacheStatistics item_cache() const = 0;
};

// Reads the item names from the store. `store` must outlive the result.
Result<std::unique_ptr<Features>> open_features(const FeatureOptions& options, const Store& store);

}  // namespace millrace
