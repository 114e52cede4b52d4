// Biased matrix factorisation of ratings, learnt rating by rating: rating(u, i) = mean + b(u) + b(i) + p(u) · q(i)
// (Koren, 2008), by row-wise Adagrad on the squared error. A part of FactorsFamily.
//
// Rows: "ru" by user and "ri" by item (factor_table.h); "rt": u8 1, f64 sum of ratings,
// varint their count, f32 the least, f32 the most.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/example.h"
#include "core/result.h"
#include "model/families/factor_table.h"
#include "model/families/family.h"
#include "model/options.h"

namespace millrace {

class RatingFactors {
 public:
  RatingFactors(const FactorsOptions& options, std::uint64_t seed);

  // Both require a rating of a known item. Learns a new one; makes rows for a user and an item it meets first.
  void learn(const Example& example);
  // Learns an old one again, if neither row has been dropped since.
  void replay(const Example& example);
  // Within the range of ratings met so far; whoever has no row yet counts as average. nullopt before the first rating.
  std::optional<float> predict(UserIndex user, ItemIndex item) const;

  void save(const RowSink& sink, bool all);
  // Takes the rows of tables whose name begins with "r".
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t rows() const { return users_.rows() + items_.rows(); }
  std::uint64_t memory_bytes() const { return users_.memory_bytes() + items_.memory_bytes(); }

 private:
  void step(std::uint32_t user, std::uint32_t item, float value);
  float mean() const { return static_cast<float>(sum_ / static_cast<double>(count_)); }

  FactorsOptions options_;
  FactorTable users_;
  FactorTable items_;
  double sum_ = 0.0;
  std::uint64_t count_ = 0;
  float least_ = 0.0F;
  float most_ = 0.0F;
  bool dirty_ = false;
  std::vector<float> user_gradient_;  // scratch
  std::vector<float> item_gradient_;
};

}  // namespace millrace
