// A table of embedding rows that grows with the ids it meets: collisionless, admitted by count, expired by age, capped
// by evicting whatever was touched longest ago. Each row keeps its optimiser's state beside its weights.
//
// Keys are dense numbers (item indices, token buckets): the way from key to row is an array, 8 bytes a key ever seen.
//
// Row numbers are dense, 0 … rows() − 1: when a row goes, the last one takes its number. Row contents stay at their
// address until then. What changed since the last save() is tracked by key, what changed since take_stale() by row. One
// thread; deterministic, and the same after save() and load() as before, provided that touch() is called with growing
// clocks.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/families/dirty_rows.h"
#include "model/nn/row_store.h"
#include "model/nn/touch_order.h"

namespace millrace::nn {

struct EmbeddingOptions {
  std::size_t dimension = 128;       // a multiple of 16
  std::size_t vectors = 3;           // of a row: weights, Adam's mean and variance, and what else the owner keeps
  std::size_t max_rows = 1'000'000;  // and as many ids waiting for admission
  std::uint64_t admit_count = 1;     // touches before an id gets a row
  std::uint64_t expire_after = 0;    // dropped when untouched for this long; 0: never
};

class EmbeddingTable {
 public:
  static constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
  using Sink = std::function<void(std::string key, std::optional<std::string> value)>;

  explicit EmbeddingTable(const EmbeddingOptions& options);

  std::size_t rows() const { return rows_.size(); }
  std::size_t dimension() const { return options_.dimension; }
  std::uint32_t find(std::uint32_t key) const { return key < row_of_.size() ? row_of_[key] : kNoRow; }
  std::uint32_t key_of(std::uint32_t row) const { return entries_[row_entries_[row]].key; }

  struct Touched {
    std::uint32_t row = kNoRow;  // kNoRow: not admitted yet
    bool admitted = false;       // just now; its vectors are zero
  };
  // Counts one event of `key` at `clock`, admits it when due (evicting if the table is full), and drops what has
  // expired.
  Touched touch(std::uint32_t key, std::uint64_t clock);

  // Vector `v` of a row: 0 weights, 1 mean, 2 variance, … Whoever writes calls mark().
  float* vector(std::uint32_t row, std::size_t v) { return rows_.row(row) + v * options_.dimension; }
  const float* vector(std::uint32_t row, std::size_t v) const { return rows_.row(row) + v * options_.dimension; }
  void mark(std::uint32_t row);
  // For take_stale() alone.
  void mark_stale(std::uint32_t row) { stale_.mark(row); }

  // Rows marked or moved since the last call, ascending, all below rows().
  std::vector<std::uint32_t> take_stale();
  bool has_stale() const { return !stale_.empty(); }

  // Hands over what changed since the last save(), or everything; nullopt erases.
  void save(const Sink& sink, bool all);
  // One saved row, before any other call. An error for bytes that do not fit this table.
  Status load(std::string_view key, std::string_view value);
  // All rows are in.
  Status loaded();

  std::uint64_t memory_bytes() const;

 private:
  static constexpr std::uint32_t kNoEntry = std::numeric_limits<std::uint32_t>::max();
  struct Entry {
    std::uint32_t key = 0;
    std::uint64_t count = 0;
    std::uint64_t clock = 0;
    std::uint32_t row = kNoRow;
    bool dirty = false;
  };
  std::uint32_t new_entry(std::uint32_t key);
  void ensure_key(std::uint32_t key);
  void admit(std::uint32_t entry);
  void drop(std::uint32_t entry);
  void release_row(std::uint32_t row);
  void expire(std::uint64_t clock);
  void mark_entry(std::uint32_t entry);
  std::string encode(const Entry& entry) const;

  EmbeddingOptions options_;
  std::vector<std::uint32_t> row_of_;    // key → row, kNoRow where it has none
  std::vector<std::uint32_t> entry_of_;  // key → entry, kNoEntry where it has none
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_entries_;
  std::vector<std::uint32_t> row_entries_;  // row → entry
  RowStore rows_;
  TouchOrder admitted_;                      // entries with a row
  TouchOrder waiting_;                       // entries without
  std::vector<std::uint32_t> changed_keys_;  // whose entry changed or went
  DirtyRows changed_rows_;
  DirtyRows stale_;
};

}  // namespace millrace::nn
