// An ensemble of biased matrix factorisations of levels (rating_scale.h): level(u, i) = mean + b(u) + b(i) + p(u) ·
// q(i) (Koren, 2008), of several sizes and step lengths, because each errs differently. All learn every rating event by
// event, some of them replayed ones again.
//
// Rows "uf" and "if": docs/formats.md, "ratings".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "model/families/family.h"
#include "model/families/keyed_slots.h"
#include "model/nn/row_store.h"

namespace millrace {

inline constexpr std::size_t kFactorModels = 4;
// The model that has the best item factors, and how many.
inline constexpr std::size_t kTraitModel = 1;
inline constexpr std::size_t kTraitFactors = 32;

class RatingFactors {
 public:
  RatingFactors(std::size_t max_users, std::size_t max_items, std::uint64_t seed);

  struct Prediction {
    float biases = 0.0F;  // the first model's, without its factors
    std::array<float, kFactorModels> levels{};
    float mean() const;
    bool operator==(const Prediction&) const = default;
  };
  // Whoever or what has no row yet counts as average.
  Prediction predict(UserIndex user, ItemIndex item, float mean) const;
  // Makes rows for a user and an item it meets first. Requires growing clocks.
  void learn(UserIndex user, ItemIndex item, float level, float mean, std::uint64_t clock);
  // Learns an old one again, if neither row has been dropped since.
  void replay(UserIndex user, ItemIndex item, float level, float mean);
  // Of kTraitModel; empty for an item without a row.
  std::span<const float> item_factors(ItemIndex item) const;

  void save(std::string_view user_table, std::string_view item_table, const RowSink& sink, bool all);
  Status load_user(std::string_view key, std::string_view value) { return users_.load(key, value); }
  Status load_item(std::string_view key, std::string_view value) { return items_.load(key, value); }
  Status loaded();
  std::uint64_t rows() const { return users_.slots.size() + items_.slots.size(); }
  std::uint64_t memory_bytes() const { return users_.memory_bytes() + items_.memory_bytes(); }

 private:
  struct Side {
    Side(std::size_t max_rows, std::uint64_t seed, std::uint64_t purpose);
    float* touch(std::uint64_t key, std::uint64_t clock);
    // nullptr where there is no row.
    float* change(std::uint64_t key);
    const float* find(std::uint64_t key) const;
    void save(std::string_view table, const RowSink& sink, bool all);
    Status load(std::string_view key, std::string_view value);
    std::uint64_t memory_bytes() const;

    KeyedSlots slots;
    nn::RowStore values;
    std::uint64_t seed;
    std::uint64_t purpose;
  };

  Side users_;
  Side items_;
};

}  // namespace millrace
