// A sliding window in event time as a ring of counted buckets. It covers the newest bucket and the Buckets − 1 before
// it; an event older than that is outside and changes nothing.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "core/time.h"

namespace millrace {

template <int Buckets, std::int64_t kWidthMillis>
class BucketWindow {
 public:
  static constexpr int kBuckets = Buckets;

  // `delta` may be negative; a bucket never falls below 0.
  void add(Millis time, int delta) {
    const std::int64_t bucket = number(time);
    if (newest_ == kNone || bucket > newest_) advance(bucket);
    if (bucket <= newest_ - Buckets) return;
    std::uint32_t& count = counts_[slot(bucket)];
    count = static_cast<std::uint32_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(count) + delta));
  }
  // Events within the window that ends at `now`; a `now` before the newest event counts as the newest.
  std::uint64_t sum(Millis now) const {
    if (newest_ == kNone) return 0;
    const std::int64_t last = std::max(number(now), newest_);
    std::uint64_t total = 0;
    for (std::int64_t bucket = newest_; bucket > last - Buckets && bucket > newest_ - Buckets; --bucket) {
      total += counts_[slot(bucket)];
    }
    return total;
  }

  // For the codec: the newest bucket's number, and the counts from it backwards.
  bool empty() const { return newest_ == kNone; }
  std::int64_t newest() const { return newest_; }
  std::uint32_t count_back(int back) const { return counts_[slot(newest_ - back)]; }
  void restore(std::int64_t newest) { newest_ = newest; }
  void restore_count(int back, std::uint32_t count) { counts_[slot(newest_ - back)] = count; }

  bool operator==(const BucketWindow&) const = default;

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

  static std::int64_t number(Millis time) {
    const std::int64_t quotient = time.count / kWidthMillis;
    return time.count % kWidthMillis < 0 ? quotient - 1 : quotient;
  }
  static std::size_t slot(std::int64_t bucket) {
    const std::int64_t remainder = bucket % Buckets;
    return static_cast<std::size_t>(remainder < 0 ? remainder + Buckets : remainder);
  }
  void advance(std::int64_t bucket) {
    if (newest_ == kNone || bucket - newest_ >= Buckets) {
      counts_.fill(0);
    } else {
      for (std::int64_t b = newest_ + 1; b <= bucket; ++b) counts_[slot(b)] = 0;
    }
    newest_ = bucket;
  }

  std::int64_t newest_ = kNone;
  std::array<std::uint32_t, Buckets> counts_{};
};

}  // namespace millrace
