// What the user's own history says of a candidate: its places in the present session and before, how often and how long
// ago it was taken, in how many of the last baskets; and of the event: how far the session has come, the gap before it.
// Nothing of the event moves as slowly as hours and days do: what holds for thousands of predictions in a row is learnt
// by heart. It ranks nothing and keeps nothing: all of it comes with the context.
#pragma once

#include "model/families/source.h"

namespace millrace {

// A user who paused longer begins a new visit.
inline constexpr Millis kVisitGap{1'800'000};

class VisitSource final : public Source {
 public:
  std::string_view name() const override { return "visit"; }
  Reason reason() const override { return Reason::kHabit; }
  std::span<const std::string_view> columns() const override;
  std::span<const std::string_view> event_columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void describe_event(const Context& context, std::span<float> values) override;
  void save(const RowSink& /*sink*/, bool /*all*/) override {}
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
};

}  // namespace millrace
