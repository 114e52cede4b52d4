// Matrix factorisation of what users want, learnt one positive example at a time: liking(u, i) = b(i) + p(u) · q(i).
// Each wanted item is set against items drawn at random, pair by pair: Bayesian personalised ranking (Rendle and
// others, 2009), minimising log(1 + exp(liking(u, other) - liking(u, wanted))), by row-wise Adagrad. So 0 is the liking
// of an item like any other. A part of FactorsFamily.
//
// Rows: docs/formats.md, "factors".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/random.h"
#include "core/result.h"
#include "model/families/factor_table.h"
#include "model/families/family.h"
#include "model/options.h"

namespace millrace {

class LikingFactors {
 public:
  LikingFactors(const FactorsOptions& options, std::uint64_t seed);

  // Both require a positive example; `random` draws the items it is set against. Learns a new one; makes rows for a
  // user and an item it meets first.
  void learn(const Example& example, Random& random);
  // Learns an old one again, if neither row has been dropped since.
  void replay(const Example& example, Random& random);

  // At least 0; 0 for whom or what has no row.
  void likings(UserIndex user, std::span<const ItemIndex> items, std::span<float> out) const;

  void save(const RowSink& sink, bool all);
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t rows() const { return users_.rows() + items_.rows(); }
  std::uint64_t memory_bytes() const;

 private:
  void learn_pairs(std::uint32_t user, std::uint32_t item, Random& random);
  float score(std::uint32_t user, std::uint32_t item) const;
  void pull(std::uint32_t user, std::uint32_t item, float strength);

  FactorsOptions options_;
  FactorTable users_;
  FactorTable items_;                 // rows are never dropped
  std::vector<float> user_gradient_;  // scratch
  std::vector<float> item_gradient_;
};

}  // namespace millrace
