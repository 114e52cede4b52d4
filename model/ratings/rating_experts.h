// What is known of a rating before it is given: the predictions of several experts, and what tells how far to trust
// each. Everything is on levels (rating_scale.h) and learnt rating by rating. One thread.
//
// Tables: "uf", "if" factors of users and items (rating_factors.h), "up", "ip" profiles (rating_profiles.h), "l" the
// log (rating_log.h), "c" what is common. Rows: docs/formats.md, "ratings".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ids.h"
#include "core/time.h"
#include "model/item_table.h"
#include "model/options.h"
#include "model/ratings/rating_factors.h"
#include "model/ratings/rating_log.h"
#include "model/ratings/rating_profiles.h"
#include "model/ratings/rating_scale.h"
#include "model/ratings/taste_process.h"

namespace millrace {

inline constexpr std::size_t kRatingFeatures = 25;

struct Rating {
  UserIndex user{};
  ItemIndex item{};
  float rating = 0.0F;
  Millis time;
};

struct RatingOpinion {
  RatingFactors::Prediction factors;
  std::array<float, kRatingFeatures> features{};
};

class RatingExperts {
 public:
  // `items` must outlive the object.
  RatingExperts(const RatingsOptions& options, std::uint64_t seed, const ItemTable& items);

  const RatingScale& scale() const { return scale_; }
  // What the factor models alone predict, less the mean; 0 before the first rating.
  float liking(UserIndex user, ItemIndex item) const;
  RatingOpinion opinion(UserIndex user, ItemIndex item, Millis now);
  // `opinion` is that of just before. Learns it, and `replays` old ones again.
  void learn(const Rating& rating, const RatingOpinion& opinion, std::uint32_t replays);

  // Facts of an item are others than at the last call of opinion().
  void content_changed() { conditioned_on_.reset(); }

  void save(const RowSink& sink, bool all);
  // nullopt for a table that is none of the above.
  std::optional<Status> load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t rows() const { return factors_.rows(); }
  std::uint64_t memory_bytes() const;

 private:
  CategorySet categories_of(ItemIndex item) const;
  Traits traits_of(ItemIndex item) const;
  TasteProcess::Estimate taste(UserIndex user, ItemIndex item);
  void learn_factors(const Rating& rating, float level, std::uint32_t replays);
  Status load_common(std::string_view value);

  std::uint64_t seed_;
  const ItemTable& item_facts_;
  RatingScale scale_;
  RatingFactors factors_;
  RatingLog log_;
  ProfileTable<UserProfile> users_;
  ProfileTable<ItemProfile> items_;
  CategorySums categories_;  // of all users
  bool dirty_ = false;
  TasteProcess taste_;
  std::optional<UserIndex> conditioned_on_;  // whose taste that is now
};

}  // namespace millrace
