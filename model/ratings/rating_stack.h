// The last word on a rating: a ridge over all features, which corrects the factor models' mean, and a small network
// that bends what the ridge says; their mean counts. Everything is on levels (rating_scale.h).
//
// Tables: "r" moments (feature_scale.h) and the ridge (forgetting_ridge.h), "n" and "x" the network (level_net.h).
// Rows: docs/formats.md, "ratings".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/result.h"
#include "model/families/family.h"
#include "model/ratings/feature_scale.h"
#include "model/ratings/forgetting_ridge.h"
#include "model/ratings/level_net.h"
#include "model/ratings/rating_experts.h"

namespace millrace {

class RatingStack {
 public:
  explicit RatingStack(std::uint64_t seed) : ridge_(kRatingFeatures), net_(seed, kNetRing) {}

  float predict(const RatingOpinion& opinion) const;
  void learn(const RatingOpinion& opinion, float level, std::uint32_t replays);

  void save(const RowSink& sink, bool all);
  // Takes tables "r", "n" and "x".
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded() { return net_.loaded(); }
  std::uint64_t memory_bytes() const { return net_.memory_bytes(); }

 private:
  static constexpr std::size_t kNetRing = 16'384;
  struct Inputs {
    std::array<float, kRatingFeatures> features;
    float correction;
    LevelNet::Inputs net;
  };
  Inputs inputs_of(const RatingOpinion& opinion) const;

  FeatureScale<kRatingFeatures> features_;
  FeatureScale<1> corrections_;
  ForgettingRidge ridge_;
  LevelNet net_;
  bool dirty_ = false;
};

}  // namespace millrace
