// The sources that only describe: the user's own history, and popularity on two clocks.
#include <gtest/gtest.h>

#include <cmath>

#include "model/families/pulse.h"
#include "model/families/visit.h"
#include "tests/model/family_testing.h"

namespace millrace {
namespace {

// One value of one column of a single item.
float value_of(Family& family, const Context& context, std::uint32_t item, std::string_view column) {
  const std::vector<ItemIndex> items{ItemIndex{item}};
  std::vector<float> values(family.columns().size());
  family.describe(context, items, FeatureColumns(values, 1));
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (family.columns()[c] == column) return values[c];
  }
  ADD_FAILURE() << "no column " << column;
  return 0.0F;
}

TEST(Visit, TellsThePlacesOfAnItemInTheSession) {
  TestStream stream(1);
  for (const std::uint32_t item : {7U, 3U, 9U, 3U}) stream.event(1, item);
  const Context context = stream.context(1);
  VisitSource visit;
  EXPECT_EQ(value_of(visit, context, 3, "last"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 9, "second"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 7, "earlier"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 7, "opened"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 9, "nearness"), 0.5F);
  EXPECT_FLOAT_EQ(value_of(visit, context, 3, "times"), std::log(3.0F));
  // After 9 came 3 the last time, and 3 is what stands last.
  EXPECT_EQ(value_of(visit, context, 9, "returned"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 7, "returned"), 1.0F);
  EXPECT_EQ(value_of(visit, context, 1, "nearness"), 0.0F);
}

TEST(Visit, InteractionsOfOneTimeAreOneBasket) {
  Context context;
  for (const std::int64_t time : {100, 100, 200}) context.history.push_back({ItemIndex{4}, {}, Millis{time}, 0.0F});
  VisitSource visit;
  EXPECT_FLOAT_EQ(value_of(visit, context, 4, "baskets"), std::log(1.0F + 0.85F + 0.05F));
}

TEST(Pulse, SumsHalveOnBothClocks) {
  TestStream stream(1);
  PulseSource pulse;
  pulse.observe(stream.event(1, 5));
  Context context = stream.context(2);
  EXPECT_NEAR(value_of(pulse, context, 5, "days_7"), std::log(1.0F + 0.05F), 1e-4F);
  stream.pass(Millis{7 * kDay.count});
  EXPECT_NEAR(value_of(pulse, stream.context(2), 5, "days_7"), std::log(1.0F + 0.05F), 1e-4F) << "no event, no time";
  pulse.observe(stream.event(3, 6));
  EXPECT_NEAR(value_of(pulse, context, 5, "days_7"), std::log(0.5F + 0.05F), 1e-3F);
  for (std::uint64_t user = 10; user < 29; ++user) pulse.observe(stream.event(user, 6));
  EXPECT_NEAR(value_of(pulse, stream.context(2), 5, "events_20"), std::log(0.5F + 0.05F), 1e-3F);
}

TEST(Pulse, CountsAUserOnceAnItem) {
  TestStream stream(1);
  PulseSource pulse;
  for (int i = 0; i < 3; ++i) pulse.observe(stream.event(1, 5));
  const Context context = stream.context(2);
  EXPECT_FLOAT_EQ(value_of(pulse, context, 5, "reach"), std::log(2.0F));
  EXPECT_FLOAT_EQ(value_of(pulse, context, 5, "repeat"), 2.0F / 6.0F);
}

TEST(Pulse, CountsWhatIsTakenFirst) {
  TestStream stream(1);
  PulseSource pulse;
  pulse.observe(stream.event(1, 5));
  Example soon = stream.event(1, 6);
  soon.context.now = soon.context.first_seen + Millis{60'000};
  pulse.observe(soon);
  Example later = stream.event(1, 7);
  later.context.now = later.context.first_seen + kVisitGap;
  pulse.observe(later);
  const Context context = stream.context(2);
  EXPECT_NEAR(value_of(pulse, context, 5, "starts_100000"), std::log(1.0F + 0.05F), 1e-3F);
  EXPECT_NEAR(value_of(pulse, context, 6, "starts_100000"), std::log(std::exp(-1.0F) + 0.05F), 1e-3F);
  EXPECT_NEAR(value_of(pulse, context, 7, "starts_100000"), std::log(0.05F), 1e-3F);
  EXPECT_NEAR(value_of(pulse, context, 7, "events_100000"), std::log(1.0F + 0.05F), 1e-3F);
}

TEST(Pulse, KnowsWhatIsNewSinceTheUserWasHere) {
  TestStream stream(1);
  PulseSource pulse;
  pulse.observe(stream.event(1, 5));
  stream.pass(kHour);
  pulse.observe(stream.event(2, 6));
  const Context context = stream.context(1);
  EXPECT_EQ(value_of(pulse, context, 6, "unseen"), 1.0F);
  EXPECT_EQ(value_of(pulse, context, 5, "unseen"), 0.0F);
  EXPECT_EQ(value_of(pulse, context, 6, "newer"), 0.0F);
  EXPECT_FLOAT_EQ(value_of(pulse, context, 5, "newer"), std::log(2.0F));
}

}  // namespace
}  // namespace millrace
