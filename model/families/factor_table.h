// A table of factors and biases with their row-wise Adagrad state: one side (users or items) of a factor model. A row
// is drawn from (seed, key) when its key is met first, so that the order in which rows are made does not matter; beyond
// the cap the row untouched for longest makes room. Rows are stored by nn::EmbeddingTable.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/families/family.h"
#include "model/families/keyed_slots.h"
#include "model/nn/row_store.h"
#include "model/nn/vector_ops.h"

namespace millrace {

// Items are bounded by the catalogue of the features; this only bounds what a broken row could ask for.
inline constexpr std::size_t kMostFactorItems = 1U << 26;

struct FactorTableOptions {
  std::size_t dimension = 32;  // rounded up to a multiple of nn::kLanes
  std::size_t max_rows = 1'000'000;
  std::uint64_t seed = 1;
  std::uint64_t purpose = 0;  // tells tables of one seed apart
  float initial_deviation = 0.1F;
};

class FactorTable {
 public:
  static constexpr std::uint32_t kNoRow = KeyedSlots::kNone;

  explicit FactorTable(const FactorTableOptions& options);

  std::size_t dimension() const { return dimension_; }
  std::size_t rows() const { return slots_.size(); }
  // The row of a key, or kNoRow.
  std::uint32_t find(std::uint64_t key) const { return slots_.find(key); }
  // Makes the row if there is none. Requires growing clocks.
  std::uint32_t touch(std::uint64_t key, std::uint64_t clock);

  const float* factors(std::uint32_t row) const { return values_.row(row); }
  float bias(std::uint32_t row) const { return values_.row(row)[dimension_]; }
  // A row that will be asked for soon.
  void prefetch(std::uint32_t row) const {
    const float* values = values_.row(row);
    for (std::size_t i = 0; i < dimension_ + nn::kLanes; i += nn::kLanes) __builtin_prefetch(values + i);
  }
  // One step of row-wise Adagrad; `gradient` has dimension() values and is not of this row's memory. Whoever steps
  // calls mark().
  void step(std::uint32_t row, const float* gradient, float rate);
  void step_bias(std::uint32_t row, float gradient, float rate);
  void mark(std::uint32_t row) { slots_.mark(row); }

  void save(std::string_view table, const RowSink& sink, bool all);
  Status load(std::string_view key, std::string_view value);
  // All rows are in; an error if some are missing.
  Status loaded();
  std::uint64_t memory_bytes() const;

 private:
  void draw(std::uint32_t row, std::uint64_t key);

  FactorTableOptions options_;
  std::size_t dimension_;
  KeyedSlots slots_;
  nn::RowStore values_;  // by slot: factors, bias, sum of squares of the factors' gradients, of the bias's
};

}  // namespace millrace
