// Predicts ratings: experts (model/ratings/rating_experts.h) and what stacks them (rating_stack.h), learnt rating by
// rating, so that predict_rating() is always up to date. It ranks nothing; of candidates it says what the factor models
// think of them, which costs a fiftieth of a whole prediction.
#pragma once

#include <cstdint>
#include <optional>

#include "model/families/source.h"
#include "model/item_table.h"
#include "model/options.h"
#include "model/ratings/rating_experts.h"
#include "model/ratings/rating_stack.h"

namespace millrace {

class RatingsFamily final : public Source {
 public:
  // `items` must outlive the family.
  RatingsFamily(const RatingsOptions& options, std::uint64_t seed, const ItemTable& items);

  std::string_view name() const override { return "ratings"; }
  Reason reason() const override { return Reason::kEncoder; }
  bool may_diverge() const override { return true; }
  void set_effort(const Effort& effort) override { replays_ = effort.replays; }
  // How far above the usual the factor models rate each, on a range of 1 to 5; 0 before the first rating.
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void observe(const Example& example) override;
  // Within the range of ratings met so far; nullopt before the first.
  std::optional<float> predict_rating(const Context& context, ItemIndex item) override;
  void item_changed(ItemIndex /*item*/) override { experts_.content_changed(); }
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override { return experts_.memory_bytes() + stack_.memory_bytes(); }
  std::uint64_t rows() const override { return experts_.rows(); }

 private:
  RatingExperts experts_;
  RatingStack stack_;
  std::uint32_t replays_ = Effort{}.replays;
};

}  // namespace millrace
