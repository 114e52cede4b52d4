// Popularity as the ranker sees it: how many users each item was new to, decayed at many half-lives on two clocks, time
// and events (one clock is not enough: streams sleep at night, and grow), how old it is, how long it was not taken, how
// often users come back to it, and its place among the newest relative to what the user took in this visit. It ranks
// nothing.
//
// Rows: docs/formats.md, "pulse".
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/families/dirty_rows.h"
#include "model/families/source.h"

namespace millrace {

class PulseSource final : public Source {
 public:
  static constexpr std::array<float, 8> kDays{0.01F, 0.03F, 0.1F, 0.25F, 0.7F, 2.0F, 7.0F, 30.0F};
  static constexpr std::array<float, 11> kEvents{6.0F,    20.0F,    35.0F,    60.0F,     200.0F,   800.0F,
                                                 3000.0F, 10000.0F, 30000.0F, 100000.0F, 300000.0F};
  // Of all touches, not only first ones.
  static constexpr std::array<float, 3> kTouchDays{0.03F, 0.1F, 0.5F};
  // First touches in a user's first visit, the less the longer he has been here: what to offer to those of whom nothing
  // is known.
  static constexpr std::array<float, 2> kStartEvents{3000.0F, 100000.0F};
  static constexpr std::size_t kSums = kDays.size() + kEvents.size() + kTouchDays.size() + kStartEvents.size();

  std::string_view name() const override { return "pulse"; }
  Reason reason() const override { return Reason::kTrending; }
  std::span<const std::string_view> columns() const override;
  std::span<const std::string_view> event_columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void describe_event(const Context& context, std::span<float> values) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  std::uint64_t memory_bytes() const override;
  std::uint64_t rows() const override { return items_.size(); }

 private:
  struct Item {
    std::uint32_t number = 0;  // in order of first touch
    std::uint32_t touches = 0;
    std::uint32_t first_touches = 0;
    Millis born;
    Millis last;
    std::uint64_t born_event = 0;
    std::uint64_t last_event = 0;
    Millis as_of;
    std::uint64_t as_of_event = 0;
    std::array<float, kSums> sums{};
  };
  // What the user took of late: moving means of logarithms, the age when he took it and the reach that it has now.
  struct Usual {
    float age = -1.0F;
    float reach = 1.0F;
  };

  const Item* find(ItemIndex item) const;
  // Each sum of the item as of `now`.
  void sums_at(const Item& item, Millis now, std::span<float> sums) const;
  void describe_sums(std::span<const ItemIndex> items, FeatureColumns columns);
  Usual usual_of(const Context& context) const;
  // How old and how known each item is, against what the user usually takes.
  void describe_ages(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) const;
  void describe_place(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) const;

  std::vector<Item> items_;
  std::uint64_t events_ = 0;  // first touches: the event clock
  std::uint32_t known_ = 0;   // items touched so far
  Millis newest_;             // event time: the time clock, which stands still with the stream
  DirtyRows dirty_items_;
  bool dirty_ = false;
};

}  // namespace millrace
