#include "model/families/pulse.h"

#include <algorithm>
#include <cmath>

#include "core/bytes.h"
#include "model/descending.h"
#include "model/families/positive.h"
#include "model/families/row_error.h"
#include "model/families/visit.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

namespace millrace {
namespace {

constexpr std::string_view kItemTable = "i";
constexpr std::string_view kStateTable = "t";
constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint8_t kItemVersion = 2;
constexpr std::uint8_t kItemVersionBeforeStarts = 1;
constexpr std::size_t kEventsBegin = PulseSource::kDays.size();
constexpr std::size_t kTouchBegin = kEventsBegin + PulseSource::kEvents.size();
constexpr std::size_t kStartBegin = kTouchBegin + PulseSource::kTouchDays.size();
constexpr std::size_t kSums = PulseSource::kSums;
// The sums that places are taken by: a tenth of a day, twenty events.
constexpr std::size_t kTenthOfDay = 2;
constexpr std::size_t kTwentyEvents = kEventsBegin + 1;
constexpr float kUsualRate = 0.15F;
constexpr float kForgotten = 1e-18F;  // what has decayed below this share is gone

enum Column : std::uint8_t {
  kAge = kSums,
  kIdle,
  kIdleEvents,
  kAgeEvents,
  kNewer,
  kReach,
  kRepeat,
  kRate,
  kUnseen,
  kTimeRank,
  kEventRank,
  kAgeAgainstUsual,
  kAgeDistance,
  kReachAgainstUsual,
  kReachDistance,
  kPlaceDistance,
  kPlaceStep,
  kPlaceBeyond,
  kPlaceAge,
  kPlaceAgeDistance,
  kPlaceDirection,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kNames{"days_0.01",
                                                        "days_0.03",
                                                        "days_0.1",
                                                        "days_0.25",
                                                        "days_0.7",
                                                        "days_2",
                                                        "days_7",
                                                        "days_30",
                                                        "events_6",
                                                        "events_20",
                                                        "events_35",
                                                        "events_60",
                                                        "events_200",
                                                        "events_800",
                                                        "events_3000",
                                                        "events_10000",
                                                        "events_30000",
                                                        "events_100000",
                                                        "events_300000",
                                                        "touch_days_0.03",
                                                        "touch_days_0.1",
                                                        "touch_days_0.5",
                                                        "starts_3000",
                                                        "starts_100000",
                                                        "age",
                                                        "idle",
                                                        "idle_events",
                                                        "age_events",
                                                        "newer",
                                                        "reach",
                                                        "repeat",
                                                        "rate",
                                                        "unseen",
                                                        "time_rank",
                                                        "event_rank",
                                                        "age_usual",
                                                        "age_distance",
                                                        "reach_usual",
                                                        "reach_distance",
                                                        "place_distance",
                                                        "place_step",
                                                        "place_beyond",
                                                        "place_age",
                                                        "place_age_distance",
                                                        "place_direction"};
constexpr std::array<std::string_view, 3> kEventNames{"usual_age", "usual_reach", "last_age"};

float seconds(Millis span) { return static_cast<float>(std::max<std::int64_t>(span.count, 0)) / 1000.0F; }
// Ages count from a minute on, as logarithms about e^10 seconds.
constexpr float kLeastAge = 60.0F;
constexpr float kUsualLogAge = 10.0F;
constexpr float kUsualLogEvents = 3.0F;
constexpr float kStartSeconds = 60.0F;
float log_age(Millis span) { return std::log(kLeastAge + seconds(span)) - kUsualLogAge; }

// How much a first touch says of where users begin: 1 at once, less the longer the user has been here, 0 after the
// first visit.
float start_weight(const Context& context) {
  const Millis here = context.now - context.first_seen;
  return here < kVisitGap ? std::exp(-seconds(here) / kStartSeconds) : 0.0F;
}

// x = ln(1 + x) above 0, −ln(1 − x) below.
void signed_logarithm(std::span<float> x) {
  std::vector<float> sizes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) sizes[i] = 1.0F + std::abs(x[i]);
  nn::logarithm(sizes);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::copysign(sizes[i], x[i]);
}

// Logarithm of 1 + the place of each value among all, 0 for the largest.
void ranks_of(std::span<const float> values, std::span<float> ranks) {
  const std::vector<std::uint32_t> order = descending(values);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool equal = i > 0 && values[order[i]] == values[order[i - 1]];
    ranks[order[i]] = equal ? ranks[order[i - 1]] : static_cast<float>(i + 1);
  }
  nn::logarithm(ranks);
}

}  // namespace

std::span<const std::string_view> PulseSource::columns() const { return kNames; }
std::span<const std::string_view> PulseSource::event_columns() const { return kEventNames; }

const PulseSource::Item* PulseSource::find(ItemIndex item) const {
  const bool known = raw(item) < items_.size() && items_[raw(item)].touches > 0;
  return known ? &items_[raw(item)] : nullptr;
}

void PulseSource::sums_at(const Item& item, Millis now, std::span<float> sums) const {
  constexpr float kLn2 = 0.693147181F;
  const float days = kLn2 * seconds(now - item.as_of) / 86'400.0F;
  const float events = kLn2 * static_cast<float>(events_ - item.as_of_event);
  std::array<float, nn::padded(kSums, nn::kLanes)> decays{};
  for (std::size_t i = 0; i < kDays.size(); ++i) decays[i] = -days / kDays[i];
  for (std::size_t i = 0; i < kEvents.size(); ++i) decays[kEventsBegin + i] = -events / kEvents[i];
  for (std::size_t i = 0; i < kTouchDays.size(); ++i) decays[kTouchBegin + i] = -days / kTouchDays[i];
  for (std::size_t i = 0; i < kStartEvents.size(); ++i) decays[kStartBegin + i] = -events / kStartEvents[i];
  nn::exponential(decays.data(), decays.size());
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = decays[i] < kForgotten ? 0.0F : item.sums[i] * decays[i];
}

void PulseSource::describe_sums(std::span<const ItemIndex> items, FeatureColumns columns) {
  std::array<float, kSums> sums;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item* item = find(items[i]);
    sums.fill(0.0F);
    if (item != nullptr) sums_at(*item, newest_, sums);
    for (std::size_t s = 0; s < kSums; ++s) columns.column(s)[i] = sums[s] + 0.05F;
  }
  for (std::size_t s = 0; s < kSums; ++s) nn::logarithm(columns.column(s));
}

void PulseSource::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  describe_sums(items, columns);
  ranks_of(columns.column(kTenthOfDay), columns.column(kTimeRank));
  ranks_of(columns.column(kTwentyEvents), columns.column(kEventRank));
  describe_ages(context, items, columns);
  describe_place(context, items, columns);
}

void PulseSource::describe_ages(const Context& context, std::span<const ItemIndex> items,
                                FeatureColumns columns) const {
  const Usual usual = usual_of(context);
  const bool returning = !context.history.empty();
  Item unborn;
  unborn.number = known_;
  unborn.born = unborn.last = newest_;
  unborn.born_event = unborn.last_event = events_;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item* found = find(items[i]);
    const Item& item = found != nullptr ? *found : unborn;
    const float age = seconds(newest_ - item.born);
    const auto put = [&](Column column, float value) { columns.column(column)[i] = value; };
    put(kAge, kLeastAge + age);
    put(kIdle, kLeastAge + seconds(newest_ - item.last));
    put(kIdleEvents, 1.0F + static_cast<float>(events_ - item.last_event));
    put(kAgeEvents, 1.0F + static_cast<float>(events_ - item.born_event));
    put(kNewer, 1.0F + static_cast<float>(known_ - std::min(known_, item.number + 1)));
    put(kReach, 1.0F + static_cast<float>(item.first_touches));
    put(kRate, 1.0F + age / 3600.0F);
    put(kRepeat,
        static_cast<float>(item.touches - item.first_touches) / (static_cast<float>(item.first_touches) + 5.0F));
    put(kUnseen, returning && item.born > context.history.back().time ? 1.0F : 0.0F);
  }
  for (const Column column : {kAge, kIdle, kIdleEvents, kAgeEvents, kNewer, kReach, kRate}) {
    nn::logarithm(columns.column(column));
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto value = [&](Column column) -> float& { return columns.column(column)[i]; };
    value(kAge) -= kUsualLogAge;
    value(kIdle) -= kUsualLogAge;
    value(kIdleEvents) -= kUsualLogEvents;
    value(kAgeEvents) -= kUsualLogEvents;
    value(kRate) = value(kReach) - value(kRate);
    value(kAgeAgainstUsual) = value(kAge) - usual.age;
    value(kAgeDistance) = std::abs(value(kAgeAgainstUsual));
    value(kReachAgainstUsual) = value(kReach) - usual.reach;
    value(kReachDistance) = std::abs(value(kReachAgainstUsual));
  }
}

PulseSource::Usual PulseSource::usual_of(const Context& context) const {
  Usual usual;
  for (const Interaction& interaction : context.history) {
    const Item* item = interaction.item == kUnknownItem ? nullptr : find(interaction.item);
    if (item == nullptr) continue;
    usual.age += kUsualRate * (log_age(interaction.time - item->born) - usual.age);
    usual.reach += kUsualRate * (std::log1p(static_cast<float>(item->first_touches)) - usual.reach);
  }
  return usual;
}

// Where the item stands in the order of appearance, from what the user took in this visit.
void PulseSource::describe_place(const Context& context, std::span<const ItemIndex> items,
                                 FeatureColumns columns) const {
  std::vector<const Item*> visit;  // newest first
  for (auto at = context.history.rbegin(); at != context.history.rend(); ++at) {
    if (context.now - at->time >= kVisitGap) break;
    if (const Item* item = at->item == kUnknownItem ? nullptr : find(at->item)) visit.push_back(item);
  }
  for (std::size_t c = kPlaceDistance; c < kColumns; ++c) {
    std::fill(columns.column(c).begin(), columns.column(c).end(), c == kPlaceDistance ? 4.0F : 0.0F);
  }
  if (visit.empty()) return;
  float least = 4e9F;
  float most = 0.0F;
  float age = 0.0F;
  for (const Item* item : visit) {
    least = std::min(least, static_cast<float>(item->number));
    most = std::max(most, static_cast<float>(item->number));
    age += log_age(newest_ - item->born) / static_cast<float>(visit.size());
  }
  const auto last = static_cast<float>(visit[0]->number);
  const float before = visit.size() > 1 ? last - static_cast<float>(visit[1]->number) : 0.0F;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item* item = find(items[i]);
    const auto number = static_cast<float>(item != nullptr ? item->number : known_);
    const float distance = number - last;
    const float against = columns.column(kAge)[i] - age;
    columns.column(kPlaceDistance)[i] = 1.0F + std::abs(distance);
    columns.column(kPlaceStep)[i] = std::clamp(distance, -10.0F, 10.0F) / 5.0F;
    columns.column(kPlaceBeyond)[i] = number - std::clamp(number, least, most);
    columns.column(kPlaceAge)[i] = against;
    columns.column(kPlaceAgeDistance)[i] = std::abs(against);
    columns.column(kPlaceDirection)[i] = distance * before > 0.0F ? 1.0F : 0.0F;
  }
  nn::logarithm(columns.column(kPlaceDistance));
  signed_logarithm(columns.column(kPlaceBeyond));
}

void PulseSource::describe_event(const Context& context, std::span<float> values) {
  const Usual usual = usual_of(context);
  const Item* last = context.history.empty() ? nullptr : find(context.history.back().item);
  values[0] = usual.age;
  values[1] = usual.reach;
  values[2] = last == nullptr ? 0.0F : log_age(newest_ - last->born);
}

void PulseSource::observe(const Example& example) {
  if (!is_positive(example)) return;
  const bool first = !in_history(example.context, example.item);
  const std::uint32_t index = raw(example.item);
  if (index >= items_.size()) items_.resize(index + std::size_t{1});
  Item& item = items_[index];
  if (item.touches == 0) {
    item.number = known_++;
    item.born = item.as_of = example.time;
    item.born_event = item.as_of_event = events_;
  }
  newest_ = std::max(newest_, example.time);
  const Millis now = std::max(item.as_of, example.time);  // a late event counts as of the item's newest time
  std::array<float, kSums> sums;
  sums_at(item, now, sums);
  item.sums = sums;
  if (first) {
    for (std::size_t i = 0; i < kTouchBegin; ++i) item.sums[i] += 1.0F;
    ++item.first_touches;
    ++events_;
  }
  for (std::size_t i = kTouchBegin; i < kStartBegin; ++i) item.sums[i] += 1.0F;
  if (first) {
    const float weight = start_weight(example.context);
    for (std::size_t i = kStartBegin; i < kSums; ++i) item.sums[i] += weight;
  }
  ++item.touches;
  item.as_of = item.last = now;
  item.as_of_event = item.last_event = events_;
  dirty_items_.mark(index);
  dirty_ = true;
}

void PulseSource::save(const RowSink& sink, bool all) {
  const auto items = dirty_items_.take();
  for (const std::uint32_t index : all ? all_rows(items_.size()) : items) {
    const Item& item = items_[index];
    ByteWriter row;
    row.u8(kItemVersion);
    row.varint(item.number);
    row.zigzag(item.born.count);
    row.varint(item.born_event);
    row.zigzag(item.last.count);
    row.varint(item.last_event);
    row.varint(item.touches);
    row.varint(item.first_touches);
    row.zigzag(item.as_of.count);
    row.varint(item.as_of_event);
    row.floats(item.sums);
    sink(kItemTable, key_u32(index), row.take());
  }
  if (!dirty_ && !all) return;
  dirty_ = false;
  ByteWriter row;
  row.u8(kRowVersion);
  row.varint(events_);
  row.varint(known_);
  row.zigzag(newest_.count);
  sink(kStateTable, "", row.take());
}

Status PulseSource::load(std::string_view table, std::string_view key, std::string_view value) {
  ByteReader row(value);
  const std::uint8_t version = row.u8();
  if (table == kStateTable && version == kRowVersion) {
    events_ = row.varint();
    known_ = static_cast<std::uint32_t>(row.varint());
    newest_ = {row.zigzag()};
  } else if (table == kItemTable && key.size() == 4 &&
             (version == kItemVersion || version == kItemVersionBeforeStarts)) {
    const std::uint64_t index = read_key(key, 0, 4);
    if (index >= items_.size()) items_.resize(index + 1);
    Item& item = items_[index];
    item.number = static_cast<std::uint32_t>(row.varint());
    item.born = {row.zigzag()};
    item.born_event = row.varint();
    item.last = {row.zigzag()};
    item.last_event = row.varint();
    item.touches = static_cast<std::uint32_t>(row.varint());
    item.first_touches = static_cast<std::uint32_t>(row.varint());
    item.as_of = {row.zigzag()};
    item.as_of_event = row.varint();
    row.floats(std::span(item.sums).first(version == kItemVersion ? kSums : kStartBegin));
  } else {
    return unreadable_row(name(), table);
  }
  return row.done() ? Status(Ok{}) : unreadable_row(name(), table);
}

std::uint64_t PulseSource::memory_bytes() const { return items_.capacity() * sizeof(Item); }

}  // namespace millrace
