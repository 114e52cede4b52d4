// Users with similar habits: who took the same items of late, and whom the user usually follows. For a context, each
// other user v among the newest takers of the user's own newest items gets a weight
//
//   likeness(v) = Σ over shared items i of 1 / log(3 + takers(i)) · (0.3 + 0.7 · e^(−|distance in time| / 2 days))
//                 / sqrt(taken(v) + 3)
//   leads(v)    = Σ over shared items that v took first, by less than a few hours, of e^(−lead / 2 hours)
//                 / (taken(v) + 5),
//
// and a candidate what its own newest takers weigh, decayed by how long ago they took it. It keeps no pairs of users:
// the takers of each item, bounded, are all of its state. It ranks nothing. One thread.
//
// Rows: "i" by item: u8 1, varint takers ever, varint next place of the ring, varint ring size, then each: varint user,
// zigzag time. "u" by user: u8 1, varint first touches.
#pragma once

#include <cstdint>
#include <vector>

#include "model/families/dirty_rows.h"
#include "model/families/family.h"
#include "model/families/flat_lists.h"

namespace millrace {

class PeersSource final : public Family {
 public:
  static constexpr std::size_t kTakers = 64;             // newest takers kept of an item
  static constexpr std::size_t kOwnItems = 50;           // of the user's own, newest first
  static constexpr std::uint32_t kMostUsers = 1U << 24;  // users beyond are no one's peers

  std::string_view name() const override { return "peers"; }
  Reason reason() const override { return Reason::kRelated; }
  bool recommends() const override { return false; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  std::span<const std::string_view> columns() const override;
  std::span<const std::string_view> event_columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void describe_event(const Context& context, std::span<float> values) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override;
  std::uint64_t rows() const override { return items_.size() + taken_.size(); }

 private:
  struct Taker {
    std::uint32_t user = 0;
    Millis time;
  };
  using Lists = FlatLists<Taker>;
  struct Item {
    std::uint32_t takers = 0;
    std::uint32_t next = 0;  // place of the ring that is written next, once it is full
    Lists::List ring;
  };
  struct Weight {
    std::uint32_t epoch = 0;
    float likeness = 0.0F;
    float leads = 0.0F;
  };

  void weigh_peers(const Context& context);
  void weigh_takers(const Item& item, std::uint32_t self, Millis own_time);
  void describe_item(const Item& item, Millis now, std::size_t at, FeatureColumns columns) const;

  std::vector<Item> items_;
  Lists rings_;
  std::vector<std::uint32_t> taken_;  // by user: first touches
  DirtyRows dirty_items_;
  DirtyRows dirty_users_;

  std::vector<Weight> weights_;  // by user, of the newest context
  std::uint32_t epoch_ = 0;
  std::uint32_t peers_ = 0;
};

}  // namespace millrace
