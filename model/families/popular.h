// Popularity: how often each item was wanted, for ever ("popular") or with a half-life in event time ("trending",
// "rising"). All scores decay by the same factor, so only events change the order: scores are kept as of a common
// reference time, and what is new weighs 2^((time − reference) / half-life) more.
//
// Rows: docs/formats.md, "popular, trending, rising, habit".
#pragma once

#include <absl/container/btree_set.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/families/dirty_rows.h"
#include "model/families/family.h"
#include "model/item_table.h"

namespace millrace {

struct PopularitySettings {
  std::string name = "popular";
  Reason reason = Reason::kPopular;
  double half_life_hours = 0.0;  // 0: nothing decays
  // A user who comes back to an item of his history is not counted again: popularity counts people, not visits.
  bool first_touches = false;
};

class PopularFamily final : public Family {
 public:
  // `items` must outlive the family.
  PopularFamily(PopularitySettings settings, const ItemTable& items);

  std::string_view name() const override { return settings_.name; }
  Reason reason() const override { return settings_.reason; }
  // Scores are log(share of all wants + kPopularityFloor).
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override;
  std::uint64_t rows() const override { return order_.size(); }

  // Share of all wants, in [0, 1].
  double share(ItemIndex item) const;

 private:
  void order_all();
  struct Better {
    bool operator()(const std::pair<double, std::uint32_t>& a, const std::pair<double, std::uint32_t>& b) const {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    }
  };

  double weight_at(Millis time);
  void move_reference(std::int64_t half_lives);
  void put_in_order(std::uint32_t item, double before);
  std::vector<ScoredItem> best(Exclusions exclude, std::size_t k) const;

  PopularitySettings settings_;
  const ItemTable& items_;
  std::vector<double> scores_;                                       // by item, as of the reference time
  absl::btree_set<std::pair<double, std::uint32_t>, Better> order_;  // items with a score, best first
  double total_ = 0.0;
  Millis reference_;
  bool started_ = false;
  DirtyRows dirty_;
};

inline constexpr float kPopularityFloor = 1e-6F;

}  // namespace millrace
