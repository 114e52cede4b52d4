// Matrix factorisation of what users want, learnt one positive example at a time: liking(u, i) = p(u) · q(i) is drawn
// towards 1 for what was wanted (ISGD; Vinagre and others, 2014) and towards 0 for a few items drawn at random. A part
// of FactorsFamily.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/random.h"
#include "core/result.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "model/nn/embedding_table.h"
#include "model/options.h"
#include "model/top_k.h"

namespace millrace {

class LikingFactors {
 public:
  // `items` must outlive the object.
  LikingFactors(const FactorsOptions& options, std::uint64_t seed, const ItemTable& items);

  // Both require a positive example; `random` draws the items it is set against.
  void learn(const Example& example, Random& random);
  void replay(const Example& example, Random& random);

  // Likings above 0, best first; nothing for a user without a row.
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k);
  // 0 for whom or what has no row.
  float liking(UserIndex user, ItemIndex item) const;
  void item_changed(ItemIndex item);

  void save(const RowSink& sink, bool all);
  // Takes the rows of tables whose name begins with "l".
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t rows() const { return users_.rows() + items_.rows(); }
  std::uint64_t memory_bytes() const { return users_.memory_bytes() + items_.memory_bytes() + index_.memory_bytes(); }

 private:
  std::uint32_t touch(nn::EmbeddingTable& table, std::uint64_t key, std::uint64_t clock, std::uint64_t purpose);
  void learn_rows(std::uint32_t user, std::uint32_t item, Random& random);
  void step(std::uint32_t user, std::uint32_t item, float target);
  void refresh_index();

  FactorsOptions options_;
  std::uint64_t seed_;
  const ItemTable& item_facts_;
  std::size_t dimension_;
  nn::EmbeddingTable users_;
  nn::EmbeddingTable items_;  // rows are never dropped, so a row keeps its number
  TopKIndex index_;           // of item rows by ItemIndex, brought up to date before it is searched
};

}  // namespace millrace
