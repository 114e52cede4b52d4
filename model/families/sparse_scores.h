// Scores of the few items that a memory-like family has an opinion on, in a dense array whose entries count only if
// they bear the present epoch: starting anew costs nothing, adding and looking up are one cache line each. Used by
// families that score by shares: log(score / sum of all scores + kShareFloor).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/families/family.h"
#include "model/item_table.h"

namespace millrace {

// An item that a family has no opinion on counts as if it had this share.
inline constexpr float kShareFloor = 1e-3F;

// `best` in order, better first: by score, ties by lower index. Keeps the best k.
void keep_best(std::vector<ScoredItem>& best, std::size_t k);

// Each score becomes its logarithm; all must be positive.
void take_logarithms(std::span<ScoredItem> scored);

class SparseScores {
 public:
  // Forgets everything. Afterwards items 0 … items - 1 can be scored.
  void begin(std::size_t items);
  // Requires item < items and value > 0.
  void add(std::uint32_t item, float value) {
    Entry& entry = entries_[item];
    if (entry.epoch != epoch_) {
      entry = {epoch_, 0.0F};
      touched_.push_back(item);
    }
    entry.score += value;
  }
  void multiply(std::uint32_t item, float factor) { entries_[item].score *= factor; }
  // Sums up; call after the last change and before the questions below.
  void finish();

  std::span<const std::uint32_t> touched() const { return touched_; }
  // log(share + kShareFloor) of each item; any may be asked for.
  void log_shares(std::span<const ItemIndex> items, std::span<float> out) const;
  // The best k touched items that are known, available and not excluded, with the logarithm of their share.
  std::vector<ScoredItem> best(const ItemTable& items, Exclusions exclude, std::size_t k);
  std::uint64_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  struct Entry {
    std::uint32_t epoch = 0;
    float score = 0.0F;
  };
  float share_of(float score) const { return (total_ > 0.0F ? score / total_ : 0.0F) + kShareFloor; }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> touched_;
  std::vector<ScoredItem> selected_;  // scratch of best()
  std::uint32_t epoch_ = 0;
  float total_ = 0.0F;
};

}  // namespace millrace
