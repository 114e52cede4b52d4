// Matrix factorisation of wants (LikingFactors). Learns event by event, so that score() is always up to date, and again
// from replayed mini-batches. Lists are ranked a step at a time, for a scan of the catalogue costs far less in a batch.
// Users are capped: who was not touched for longest makes room.
#pragma once

#include <cstdint>

#include "model/families/factors_liking.h"
#include "model/families/family.h"
#include "model/item_table.h"
#include "model/options.h"

namespace millrace {

class FactorsFamily final : public Family {
 public:
  // `items` must outlive the family.
  FactorsFamily(const FactorsOptions& options, std::uint64_t seed, const ItemTable& items);

  std::string_view name() const override { return "factors"; }
  Reason reason() const override { return Reason::kEncoder; }
  bool may_diverge() const override { return true; }
  bool ranks_by_batch() const override { return true; }
  void refresh() override { likings_.refresh(); }
  // Scores are likings above 0 (differences are log-odds); 0 where there is no opinion.
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  void observe(const Example& example) override;
  TrainReport train(const Minibatch& batch) override;
  void item_changed(ItemIndex item) override { likings_.item_changed(item); }
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override { return likings_.memory_bytes(); }
  std::uint64_t rows() const override { return likings_.rows(); }

 private:
  std::uint64_t seed_;
  LikingFactors likings_;
};

}  // namespace millrace
