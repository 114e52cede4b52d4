// Matrix factorisation of wants (LikingFactors), of which the ranker is told. Learns event by event, so that it is
// always up to date, and again from replayed mini-batches. It ranks nothing: what its own scan of the catalogue offered
// besides the others' candidates was worth nothing on five streams (decision 0009). Users are capped: who was not
// touched for longest makes room.
#pragma once

#include <cstdint>

#include "model/families/factors_liking.h"
#include "model/families/source.h"
#include "model/options.h"

namespace millrace {

class FactorsFamily final : public Source {
 public:
  FactorsFamily(const FactorsOptions& options, std::uint64_t seed);

  std::string_view name() const override { return "factors"; }
  Reason reason() const override { return Reason::kEncoder; }
  bool may_diverge() const override { return true; }
  // Likings above 0 (differences are log-odds); 0 where there is no opinion.
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void observe(const Example& example) override;
  TrainReport train(const Minibatch& batch) override;
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
