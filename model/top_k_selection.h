// What may still be among the best k of one query while approximate scores stream by: everything that is not surely
// below, given that scores err by at most half of `width`.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "model/top_k_kernels.h"

namespace millrace::top_k {

// Scores at or below the floor stand for slots that are not to be found; masked ones get kMasked (twice, even).
template <class Score>
struct ScoreRange;
template <>
struct ScoreRange<std::int32_t> {
  static constexpr std::int32_t kFloor = -(1 << 29);
  static constexpr std::int32_t kMasked = -(1 << 30);
};
template <>
struct ScoreRange<float> {
  static constexpr float kFloor = std::numeric_limits<float>::lowest();
  static constexpr float kMasked = -std::numeric_limits<float>::infinity();
};

// The largest score that is surely not within `width` of `score`, or a smaller one.
inline std::int32_t just_below(std::int32_t score, std::int32_t width) { return score - width - 1; }
inline float just_below(float score, float width) {
  return std::nextafter(score - width, -std::numeric_limits<float>::infinity());
}

template <class Score>
class Selection {
 public:
  // Forgets the query before. Requires k > 0 and 0 <= width <= -kFloor.
  void begin(std::size_t k, Score width) {
    k_ = k;
    width_ = width;
    cut_ = ScoreRange<Score>::kFloor;
    size_ = 0;
    tighten_at_ = 4 * k;
  }

  // Scores (with `bias` added) of the slots first, first + 1, …; `count` is a multiple of kLanes.
  void offer(const Score* scores, const Score* bias, std::size_t count, std::uint32_t first) {
    if (size_ == 0) seed(scores, bias, count);
    make_room(size_ + count);
    size_ += collect(scores, bias, count, cut_, first, hits_.get() + size_);
    if (size_ >= tighten_at_) tighten();
  }

  // Every slot whose score is within `width` of the k-th best, in no particular order. Valid until begin().
  std::span<const Hit<Score>> finish() {
    tighten();
    return {hits_.get(), size_};
  }

 private:
  // Without a value for each: zeros would cost as much as the scan.
  void make_room(std::size_t count) {
    if (count <= capacity_) return;
    capacity_ = 2 * count;
    auto larger = std::make_unique_for_overwrite<Hit<Score>[]>(capacity_);
    std::copy_n(hits_.get(), size_, larger.get());
    hits_ = std::move(larger);
  }

  // The k-th largest maximum of disjoint groups is no larger than the k-th best score: a first cut without sorting.
  void seed(const Score* scores, const Score* bias, std::size_t count) {
    std::size_t groups = count;
    while (groups % (2 * kLanes) == 0 && groups / 2 >= k_ && count / groups < 16) groups /= 2;
    if (groups < k_) return;
    maxima_.resize(groups);
    group_maxima(scores, bias, count, groups, maxima_.data());
    std::nth_element(maxima_.begin(), maxima_.begin() + static_cast<std::ptrdiff_t>(k_ - 1), maxima_.end(),
                     std::greater<Score>());
    raise(maxima_[k_ - 1]);
  }

  void raise(Score kth) {
    if (kth > ScoreRange<Score>::kFloor) cut_ = std::max(cut_, just_below(kth, width_));
  }

  void tighten() {
    Hit<Score>* const begin = hits_.get();
    Hit<Score>* const end = begin + size_;
    if (size_ >= k_) {
      Hit<Score>* const kth = begin + (k_ - 1);
      std::nth_element(begin, kth, end, [](const auto& a, const auto& b) { return a.score > b.score; });
      raise(kth->score);
      Hit<Score>* const kept = std::remove_if(kth, end, [this](const Hit<Score>& hit) { return hit.score <= cut_; });
      size_ = static_cast<std::size_t>(kept - begin);
    }
    tighten_at_ = std::max(4 * k_, 2 * size_);
  }

  std::size_t k_ = 1;
  Score width_{};
  Score cut_{};  // only scores above it are kept
  std::unique_ptr<Hit<Score>[]> hits_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t tighten_at_ = 0;
  std::vector<Score> maxima_;  // scratch
};

}  // namespace millrace::top_k
