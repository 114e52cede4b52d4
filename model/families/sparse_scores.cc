#include "model/families/sparse_scores.h"

#include <algorithm>

#include "model/nn/vector_ops.h"

namespace millrace {

namespace {

bool better(const ScoredItem& a, const ScoredItem& b) {
  return a.score != b.score ? a.score > b.score : a.item < b.item;
}

// Leaves the best k, the worst of them last. Requires 0 < k ≤ best.size().
void cut_to_best(std::vector<ScoredItem>& best, std::size_t k) {
  std::nth_element(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(k - 1), best.end(), better);
  best.resize(k);
}

}  // namespace

void keep_best(std::vector<ScoredItem>& best, std::size_t k) {
  if (k == 0) return best.clear();
  if (best.size() > k) cut_to_best(best, k);
  std::sort(best.begin(), best.end(), better);
}

void SparseScores::begin(std::size_t items) {
  if (entries_.size() < items) entries_.resize(items);
  touched_.clear();
  total_ = 0.0F;
  if (++epoch_ == 0) {  // wrapped around: old stamps would look fresh
    std::fill(entries_.begin(), entries_.end(), Entry{});
    epoch_ = 1;
  }
}

void SparseScores::finish() {
  double total = 0.0;
  for (const std::uint32_t item : touched_) total += entries_[item].score;
  total_ = static_cast<float>(total);
}

void SparseScores::log_shares(std::span<const ItemIndex> items, std::span<float> out) const {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t index = raw(items[i]);
    const bool touched = index < entries_.size() && entries_[index].epoch == epoch_;
    out[i] = share_of(touched ? entries_[index].score : 0.0F);
  }
  nn::logarithm(out.first(items.size()));
}

void take_logarithms(std::span<ScoredItem> scored) {
  std::vector<float> values;
  values.reserve(scored.size());
  for (const ScoredItem& item : scored) values.push_back(item.score);
  nn::logarithm(values);
  for (std::size_t i = 0; i < scored.size(); ++i) scored[i].score = values[i];
}

std::vector<ScoredItem> SparseScores::best(const ItemTable& items, Exclusions exclude, std::size_t k) {
  selected_.clear();
  // Few of what is excluded can stand in the way of the best k: select that many more first, then leave out.
  const std::size_t most = std::max<std::size_t>(k + exclude.size(), 1);
  const std::size_t enough = 2 * most;
  float least = 0.0F;  // the best `most` have it, once so many were seen
  for (const std::uint32_t index : touched_) {
    const float score = entries_[index].score;
    const ItemIndex item{index};
    if (score < least || index >= items.size() || !items.at(item).available) continue;
    selected_.push_back({item, score});
    if (selected_.size() < enough) continue;
    cut_to_best(selected_, most);
    least = selected_.back().score;
  }
  keep_best(selected_, most);
  std::erase_if(selected_, [&](const ScoredItem& scored) {
    return std::binary_search(exclude.begin(), exclude.end(), scored.item);
  });
  if (selected_.size() > k) selected_.resize(k);
  std::vector<ScoredItem> best = selected_;
  for (ScoredItem& scored : best) scored.score = share_of(scored.score);
  take_logarithms(best);
  keep_best(best, k);  // scores that differed may have become equal in the logarithm
  return best;
}

}  // namespace millrace
