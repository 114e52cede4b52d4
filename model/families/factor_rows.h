// What the two factor models of FactorsFamily share: how large their tables are, how rows begin, how they are saved.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/random.h"
#include "model/families/family.h"
#include "model/nn/embedding_table.h"
#include "model/nn/vector_ops.h"
#include "model/options.h"

namespace millrace {

// Items are bounded by the catalogue of the features; this only bounds what a broken row could ask for.
inline constexpr std::size_t kMostFactorItems = 1U << 26;

// Streams of the seed: a row begins the same whenever it is made.
inline constexpr std::uint64_t kRatingUserPurpose = 101;
inline constexpr std::uint64_t kRatingItemPurpose = 102;
inline constexpr std::uint64_t kLikingUserPurpose = 103;
inline constexpr std::uint64_t kLikingItemPurpose = 104;

// The configured dimension, rounded up to what vector operations walk over.
inline std::size_t factor_dimension(const FactorsOptions& options) {
  return (std::max<std::size_t>(options.dimension, 1) + nn::kLanes - 1) / nn::kLanes * nn::kLanes;
}

inline nn::EmbeddingOptions factor_table(std::size_t width, std::size_t max_rows) {
  nn::EmbeddingOptions options;
  options.dimension = width;
  options.vectors = 1;
  options.max_rows = std::max<std::size_t>(max_rows, 1);
  return options;
}

inline void draw_factors(std::span<float> factors, Random random, float deviation) {
  for (float& factor : factors) factor = deviation * static_cast<float>(random.normal());
}

inline void save_factor_rows(nn::EmbeddingTable& rows, std::string_view table, const RowSink& sink, bool all) {
  rows.save([&](std::string key, std::optional<std::string> value) { sink(table, std::move(key), std::move(value)); },
            all);
}

}  // namespace millrace
