// Negatives for the sampled softmax: half uniform over the items known, half from the items of the newest events,
// shared by a whole mini-batch, with the expected number of draws of each for the logQ correction.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"
#include "model/nn/arena.h"
#include "model/nn/embedding_table.h"

namespace millrace::encoder {

// The items of the newest `window` events, oldest overwritten.
class RecentItems {
 public:
  using Sink = std::function<void(std::string key, std::string value)>;

  explicit RecentItems(std::size_t window);
  void add(ItemIndex item);
  std::size_t size() const { return ring_.size(); }
  ItemIndex at(std::size_t index) const { return ItemIndex{ring_[index]}; }
  // How many of them are `item`.
  std::uint32_t count(ItemIndex item) const { return raw(item) < counts_.size() ? counts_[raw(item)] : 0; }

  // In chunks; those with new entries, or all.
  void save(const Sink& sink, bool all);
  Status load(std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t memory_bytes() const;

 private:
  void count_one(std::uint32_t item);

  static constexpr std::size_t kChunk = 1024;
  std::size_t window_;
  std::uint64_t added_ = 0;  // ever; the next entry goes to added_ % window_
  std::uint64_t saved_ = 0;  // added_ at the last save
  std::vector<std::uint32_t> ring_;
  std::vector<std::uint32_t> counts_;  // by item
};

// The distinct rows of a mini-batch: table row → local number, in order of first use.
class LocalRows {
 public:
  void start(std::size_t table_rows);
  // Local number of a row, added if it is new.
  std::uint32_t add(std::uint32_t row);
  // Local numbers up to `size` are taken by no row (kNoRow).
  void pad(std::size_t size) { rows_.resize(size, nn::EmbeddingTable::kNoRow); }
  std::span<const std::uint32_t> rows() const { return rows_; }
  std::size_t size() const { return rows_.size(); }

 private:
  std::uint32_t generation_ = 0;
  std::vector<std::uint32_t> stamp_;
  std::vector<std::uint32_t> local_;
  std::vector<std::uint32_t> rows_;
};

// Puts at most `count` distinct negatives first into `locals`, padded to whole blocks; all rows where `count` reaches
// that. Returns −log min(q, 1) for each, -infinity for padding; q is the expected number of draws.
std::span<const float> draw_negatives(const nn::EmbeddingTable& items, const RecentItems& recent, std::size_t count,
                                      Random& random, LocalRows& locals, nn::Arena& arena);

}  // namespace millrace::encoder
