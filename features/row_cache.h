// Rows of one table held in memory: read once, changed in place, written once a step. Bounded in bytes by evicting the
// least recently used rows when a step is flushed, so that pointers to rows stay valid within a step; what one step
// touches may exceed the budget. Whether a row was cached never shows in what is written. One thread.
//
// Traits: Key, Row (with memory_bytes()), kTable, key(Key) → bytes, encode(Row) → bytes, decode(bytes) → Result<Row>.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "features/cache_statistics.h"
#include "store/store.h"

namespace millrace {

template <class Traits>
class RowCache {
 public:
  using Key = typename Traits::Key;
  using Row = typename Traits::Row;

  struct Entry {
    Key key;
    Row row{};
    bool exists = false;  // in the store, or changed since
    bool dirty = false;
    std::uint64_t bytes = 0;
    std::uint64_t used = 0;  // the step that last used it
    Entry* newer = nullptr;
    Entry* older = nullptr;
  };

  // `store` must outlive the cache.
  RowCache(const Store& store, std::uint64_t budget_bytes) : store_(store), budget_bytes_(budget_bytes) {}

  // Asks for a row; fetch() reads all that were asked for and are not here, in one call of the store.
  void want(const Key& key) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      ++hits_;
      use(*found->second);
      return;
    }
    ++misses_;
    wanted_.push_back(insert(key));
  }
  Status fetch() {
    if (wanted_.empty()) return Ok{};
    std::vector<std::string> keys;
    keys.reserve(wanted_.size());
    for (const Entry* entry : wanted_) keys.push_back(Traits::key(entry->key));
    MILLRACE_ASSIGN_OR_RETURN(const auto values, store_.multi_get(Traits::kTable, keys));
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (values[i]) MILLRACE_RETURN_IF_ERROR(fill(*wanted_[i], *values[i]));
    }
    wanted_.clear();
    return Ok{};
  }

  // The row, read now if it is not here; an absent one is an entry with !exists. Valid until the next flush().
  Result<Entry*> load(const Key& key) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      use(*found->second);
      return found->second.get();
    }
    ++misses_;
    Entry* entry = insert(key);
    MILLRACE_ASSIGN_OR_RETURN(const auto value, store_.get(Traits::kTable, Traits::key(key)));
    if (value) MILLRACE_RETURN_IF_ERROR(fill(*entry, *value));
    return entry;
  }

  void mark_dirty(Entry& entry) {
    entry.exists = true;
    if (std::exchange(entry.dirty, true)) return;
    dirty_.push_back(&entry);
  }
  // The row is to be gone from the store.
  void mark_erased(Entry& entry) {
    mark_dirty(entry);
    entry.row = Row{};
    entry.exists = false;
  }

  // Puts the changed rows into `batch` in the order of their keys, then evicts down to the budget.
  void flush(WriteBatch& batch) {
    std::vector<std::pair<std::string, Entry*>> rows;
    rows.reserve(dirty_.size());
    for (Entry* entry : dirty_) rows.emplace_back(Traits::key(entry->key), entry);
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [key, entry] : rows) {
      if (entry->exists) {
        batch.put(Traits::kTable, std::move(key), Traits::encode(entry->row));
      } else {
        batch.erase(Traits::kTable, std::move(key));
        evict(entry);
        continue;
      }
      entry->dirty = false;
      account(*entry);
    }
    dirty_.clear();
    ++step_;
    while (bytes_ > budget_bytes_ && oldest_ != nullptr) evict(oldest_);
  }

  CacheStatistics statistics() const { return {hits_, misses_, entries_.size(), bytes_}; }

 private:
  Entry* insert(const Key& key) {
    auto owned = std::make_unique<Entry>();
    Entry* entry = owned.get();
    entry->key = key;
    entries_.emplace(key, std::move(owned));
    entry->used = step_;
    link(*entry);
    account(*entry);
    return entry;
  }
  Status fill(Entry& entry, const std::string& value) {
    MILLRACE_ASSIGN_OR_RETURN(entry.row, Traits::decode(value));
    entry.exists = true;
    account(entry);
    return Ok{};
  }
  void account(Entry& entry) {
    constexpr std::uint64_t kOverhead = sizeof(Entry) - sizeof(Row) + 2 * sizeof(void*) + sizeof(Key);
    const std::uint64_t bytes = kOverhead + entry.row.memory_bytes();
    bytes_ += bytes - entry.bytes;
    entry.bytes = bytes;
  }
  // Moves the entry to the recent end, at most once a step: within a step the order does not matter.
  void use(Entry& entry) {
    if (entry.used == step_) return;
    entry.used = step_;
    unlink(entry);
    link(entry);
  }
  void link(Entry& entry) {
    entry.older = newest_;
    entry.newer = nullptr;
    (newest_ != nullptr ? newest_->newer : oldest_) = &entry;
    newest_ = &entry;
  }
  void unlink(Entry& entry) {
    (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
    (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;
  }
  void evict(Entry* entry) {
    unlink(*entry);
    bytes_ -= entry->bytes;
    const auto found = entries_.find(entry->key);
    entries_.erase(found);
  }

  const Store& store_;
  std::uint64_t budget_bytes_;
  absl::flat_hash_map<Key, std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> wanted_;
  std::vector<Entry*> dirty_;
  Entry* newest_ = nullptr;
  Entry* oldest_ = nullptr;
  std::uint64_t step_ = 1;
  std::uint64_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace millrace
