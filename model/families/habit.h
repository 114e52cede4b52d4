// Habit: what the user took before, most often first, ties by what is popular of late; after that the rest by
// popularity of late. share(i) = (count(i) + recent share of all users' wants) / (Σ counts + 1), given as log(share +
// kPopularityFloor). The counts come with the context; only the popularity is state. One thread.
//
// Rows: docs/formats.md, "popular, trending, rising, habit".
#pragma once

#include <cstdint>
#include <vector>

#include "model/families/family.h"
#include "model/families/popular.h"
#include "model/item_table.h"
#include "model/options.h"

namespace millrace {

class HabitFamily final : public Family {
 public:
  // `items` must outlive the family.
  HabitFamily(const PopularityOptions& options, const ItemTable& items);

  std::string_view name() const override { return recent_.name(); }
  Reason reason() const override { return Reason::kHabit; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  void observe(const Example& example) override { recent_.observe(example); }
  void save(const RowSink& sink, bool all) override { recent_.save(sink, all); }
  Status load(std::string_view table, std::string_view key, std::string_view value) override {
    return recent_.load(table, key, value);
  }
  Status loaded() override { return recent_.loaded(); }
  std::uint64_t memory_bytes() const override { return recent_.memory_bytes(); }
  std::uint64_t rows() const override { return recent_.rows(); }

 private:
  std::vector<ScoredItem> best(const RankRequest& request, std::size_t k);

  const ItemTable& items_;
  PopularFamily recent_;
};

}  // namespace millrace
