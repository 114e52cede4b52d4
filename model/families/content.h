// What an item's categories say of it: how they go with those of what the user took. It ranks nothing, and is at zero
// for items without categories and users without a history of such.
//
//   weight(c)   = Σ over the history's items in category c of place^-0.5 / number of the item's categories
//                 / Σ over all of them of place^-0.5, place 1 the newest
//   share(c)    = how much of what was taken is in c, of the newest kMostTaken takings or more, older ones counting
//   half,
//                 a quarter …
//   affinity(i) = mean over i's categories of ln((weight(c) + 0.05) / (share(c) / 2 + 0.02))
//   overlap(i)  = Σ over i's categories of weight(c)
//
// Rows: docs/formats.md, "content".
#pragma once

#include <cstdint>
#include <vector>

#include "model/families/dirty_rows.h"
#include "model/families/source.h"
#include "model/item_table.h"

namespace millrace {

class ContentSource final : public Source {
 public:
  static constexpr std::uint32_t kBuckets = 1U << 16;  // categories that share one are counted together

  static constexpr std::uint32_t kMostTaken = 1U << 24;  // then all counts are halved

  // `items` must outlive the source.
  explicit ContentSource(const ItemTable& items) : items_(items) {}

  std::string_view name() const override { return "content"; }
  Reason reason() const override { return Reason::kRelated; }
  std::span<const std::string_view> columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  std::uint64_t rows() const override { return used_; }
  std::uint64_t memory_bytes() const override { return taken_.capacity() * sizeof(std::uint32_t); }

 private:
  struct Weight {
    std::uint32_t category = 0;
    float value = 0.0F;
  };

  std::span<const std::uint32_t> categories_of(ItemIndex item) const;
  // By category, each once.
  std::vector<Weight> taste_of(const Context& context) const;
  float share(std::uint32_t category) const;
  void halve();

  const ItemTable& items_;
  std::vector<std::uint32_t> taken_;  // by bucket: how often an item in such a category was; empty before any was
  std::uint32_t total_ = 0;           // how often any item with a category was
  std::uint64_t used_ = 0;            // buckets with a count
  DirtyRows dirty_;
};

}  // namespace millrace
