// Ratings of any range as levels from 1 to 5, so that one set of step lengths and variances serves all: the least
// rating met so far is 1, the most is 5.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/bytes.h"

namespace millrace {

inline constexpr float kLeastLevel = 1.0F;
inline constexpr float kMostLevel = 5.0F;
inline constexpr float kMiddleLevel = 3.0F;

class RatingScale {
 public:
  void observe(float rating) {
    least_ = count_ == 0 ? rating : std::min(least_, rating);
    most_ = count_ == 0 ? rating : std::max(most_, rating);
    sum_ += static_cast<double>(rating);
    ++count_;
  }
  std::uint64_t count() const { return count_; }
  // Where all ratings met were equal, the middle.
  float level(double rating) const {
    if (least_ == most_) return kMiddleLevel;
    return kLeastLevel + static_cast<float>(rating - static_cast<double>(least_)) * levels_per_unit();
  }
  // Within the range met so far.
  float rating(float level) const {
    if (least_ == most_) return least_;
    return std::clamp(least_ + (level - kLeastLevel) / levels_per_unit(), least_, most_);
  }
  float levels_per_unit() const { return least_ == most_ ? 1.0F : (kMostLevel - kLeastLevel) / (most_ - least_); }
  // The middle before the first rating.
  float mean_level() const { return count_ == 0 ? kMiddleLevel : level(sum_ / static_cast<double>(count_)); }

  void encode(ByteWriter& out) const {
    out.varint(count_);
    out.f64(sum_);
    out.f32(least_);
    out.f32(most_);
  }
  bool decode(ByteReader& in) {
    count_ = in.varint();
    sum_ = in.f64();
    least_ = in.f32();
    most_ = in.f32();
    return in.ok() && least_ <= most_;
  }

 private:
  std::uint64_t count_ = 0;
  double sum_ = 0.0;
  float least_ = 0.0F;
  float most_ = 0.0F;
};

}  // namespace millrace
