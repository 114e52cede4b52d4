// What is counted of users and items: incremental averages of levels (rating_scale.h) and of residuals, and each user's
// newest ratings. Residuals are as they were when the rating was predicted.
//
// Rows "up" and "ip": docs/formats.md, "ratings".
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "model/families/family.h"
#include "model/families/keyed_slots.h"
#include "model/families/row_error.h"

namespace millrace {

// Ratings of a user that are kept one by one.
inline constexpr std::size_t kRatingHistory = 64;
// An item's categories as a set of hashed numbers below this.
inline constexpr std::size_t kCategoryBits = 64;
using CategorySet = std::uint64_t;

// Residuals by category, summed up.
class CategorySums {
 public:
  void add(CategorySet categories, float residual);
  // Sum over the categories of their averages, each drawn to 0 as by `prior` residuals of 0.
  float total(CategorySet categories, float prior) const;
  void encode(ByteWriter& out) const;
  void decode(ByteReader& in);

 private:
  std::array<float, kCategoryBits> sums_{};
  std::array<float, kCategoryBits> counts_{};
};

struct RatedItem {
  ItemIndex item{};
  float over_biases = 0.0F;   // the level, less what the biases said
  float over_factors = 0.0F;  // less what the factors said
  bool operator==(const RatedItem&) const = default;
};

inline float log_count(std::uint64_t count) { return static_cast<float>(std::log1p(static_cast<double>(count))); }

struct UserProfile {
  static constexpr std::array<float, 4> kRates{0.5F, 0.2F, 0.07F, 0.02F};
  std::uint64_t count = 0;
  double popularity = 0.0;  // sum of the log counts of what was rated
  Millis first;
  Millis last;
  float burst = 0.0F;  // residuals of the ratings within the second of the last
  std::uint32_t burst_count = 0;
  std::array<float, kRates.size()> decays{};  // exponential averages of residuals
  CategorySums categories;
  std::vector<RatedItem> history;  // oldest first

  bool in_burst(Millis now) const;
  void add_to_burst(Millis now, float residual);
  void remember(const RatedItem& rated);
  void encode(ByteWriter& out) const;
  bool decode(ByteReader& in);
};

struct ItemProfile {
  static constexpr std::array<float, 2> kRates{0.2F, 0.05F};
  std::uint64_t count = 0;
  double sum = 0.0;  // of levels
  Millis first;
  std::array<float, kRates.size()> decays{};
  // Of levels, drawn to `usual` as by five of it.
  float mean(float usual) const;
  void encode(ByteWriter& out) const;
  bool decode(ByteReader& in);
};

template <std::size_t N>
void decay_towards(float residual, const std::array<float, N>& rates, std::array<float, N>& decays) {
  for (std::size_t i = 0; i < N; ++i) decays[i] += rates[i] * (residual - decays[i]);
}

template <class Profile>
class ProfileTable {
 public:
  explicit ProfileTable(std::size_t max_rows) : slots_(max_rows) {}

  // One without ratings where there is none.
  const Profile& find(std::uint64_t key) const {
    static const Profile none;
    const std::uint32_t slot = slots_.find(key);
    return slot == KeyedSlots::kNone ? none : profiles_[slot];
  }
  Profile& touch(std::uint64_t key, std::uint64_t clock) {
    const auto [slot, made] = slots_.touch(key, clock);
    if (slot == profiles_.size()) profiles_.emplace_back();
    if (made) profiles_[slot] = Profile{};
    return profiles_[slot];
  }

  void save(std::string_view table, const RowSink& sink, bool all) {
    slots_.save(table, sink, all, [this](std::uint32_t slot, ByteWriter& out) { profiles_[slot].encode(out); });
  }
  Status load(std::string_view key, std::string_view value) {
    ByteReader in(value);
    const auto slot = slots_.load(key, in);
    if (!slot) return unreadable_row("ratings", "of profiles");
    if (slots_.size() > profiles_.size()) profiles_.resize(slots_.size());
    return profiles_[*slot].decode(in) && in.done() ? Status(Ok{}) : unreadable_row("ratings", "of profiles");
  }
  Status loaded() { return slots_.loaded() ? Status(Ok{}) : unreadable_row("ratings", "of profiles"); }
  std::uint64_t memory_bytes() const { return profiles_.size() * (sizeof(Profile) + KeyedSlots::kBytesPerSlot); }

 private:
  KeyedSlots slots_;
  std::vector<Profile> profiles_;  // by slot
};

}  // namespace millrace
