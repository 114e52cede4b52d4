#include "model/families/visit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "model/families/row_error.h"

namespace millrace {
namespace {

enum Column : std::uint8_t {
  kLast,
  kSecond,
  kThird,
  kEarlier,
  kNearness,
  kTimes,
  kOpened,
  kReturned,
  kHistoryTimes,
  kHistoryNearness,
  kHistoryAge,
  kTaken,
  kTakenShare,
  kBaskets,
  kDue,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kNames{
    "last",          "second",           "third",       "earlier", "nearness",    "times",   "opened", "returned",
    "history_times", "history_nearness", "history_age", "taken",   "taken_share", "baskets", "due"};

enum EventColumn : std::uint8_t { kLength, kDistinct, kRepeats, kFirst, kGap, kNew, kExperience, kAge, kEventColumns };
constexpr std::array<std::string_view, kEventColumns> kEventNames{"length", "distinct", "repeats",    "first",
                                                                  "gap",    "new",      "experience", "age"};

// A basket that far back counts for that much less.
constexpr float kBasketDecay = 0.85F;

float log_hours(Millis span) {
  return std::log1p(static_cast<float>(std::max<std::int64_t>(span.count, 0)) / static_cast<float>(kHour.count));
}
float log_minutes(Millis span) {
  constexpr float kMinute = 60'000.0F;
  return std::log1p(static_cast<float>(std::max<std::int64_t>(span.count, 0)) / kMinute);
}

std::span<const Interaction> session_of(const Context& context) {
  const std::size_t length = std::min<std::size_t>(context.session_length, context.history.size());
  return std::span(context.history).last(length);
}

float one_if(bool condition) { return condition ? 1.0F : 0.0F; }

// The item's places in the session; 1 is the newest.
void describe_session(std::span<const Interaction> session, ItemIndex item, std::span<float> values) {
  std::size_t newest = 0;
  std::size_t oldest = 0;
  std::size_t times = 0;
  for (std::size_t place = 1; place <= session.size(); ++place) {
    if (session[session.size() - place].item != item) continue;
    if (newest == 0) newest = place;
    oldest = place;
    ++times;
  }
  values[kLast] = one_if(newest == 1);
  values[kSecond] = one_if(newest == 2);
  values[kThird] = one_if(newest == 3);
  values[kEarlier] = one_if(newest > 3);
  values[kNearness] = newest == 0 ? 0.0F : 1.0F / static_cast<float>(newest);
  values[kTimes] = std::log1p(static_cast<float>(times));
  values[kOpened] = one_if(times > 0 && oldest == session.size());
  // What followed the item last time is what stands last now.
  values[kReturned] = one_if(newest > 1 && session[session.size() - newest + 1].item == session.back().item);
}

// The item's places in all of the history at hand. Interactions of one time are one basket.
void describe_history(const Context& context, ItemIndex item, std::span<float> values) {
  std::size_t newest = 0;
  std::size_t times = 0;
  float baskets = 0.0F;
  float weight = 1.0F;
  bool in_basket = false;
  const auto& history = context.history;
  for (std::size_t place = 1; place <= history.size(); ++place) {
    const Interaction& interaction = history[history.size() - place];
    if (place > 1 && interaction.time != history[history.size() - place + 1].time) {
      weight *= kBasketDecay;
      in_basket = false;
    }
    if (interaction.item != item) continue;
    if (newest == 0) newest = place;
    ++times;
    if (!in_basket) baskets += weight;
    in_basket = true;
  }
  values[kHistoryTimes] = std::log1p(static_cast<float>(times));
  values[kHistoryNearness] = newest == 0 ? 0.0F : 1.0F / static_cast<float>(newest);
  values[kBaskets] = std::log(baskets + 0.05F);
}

void describe_seen(const Context& context, ItemIndex item, float total, std::span<float> values) {
  const SeenItem* seen = find_seen(context.seen, item);
  const float count = seen != nullptr ? static_cast<float>(seen->count) : 0.0F;
  const Millis age = seen != nullptr ? context.now - seen->last : Millis{0};
  values[kTaken] = std::log1p(count);
  values[kTakenShare] = std::sqrt(count / (total + 1.0F));
  values[kHistoryAge] = seen != nullptr ? 8.0F - log_hours(age) : 0.0F;
  // Time since it was taken against the mean time between takings.
  const auto life = static_cast<float>((context.now - context.first_seen).count);
  values[kDue] = seen != nullptr && life > 0.0F ? std::min(3.0F, static_cast<float>(age.count) * count / life) : 0.0F;
}

}  // namespace

std::span<const std::string_view> VisitSource::columns() const { return kNames; }
std::span<const std::string_view> VisitSource::event_columns() const { return kEventNames; }

void VisitSource::describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) {
  const auto session = session_of(context);
  float total = 0.0F;
  for (const SeenItem& seen : context.seen) total += static_cast<float>(seen.count);
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::array<float, kColumns> values{};
    describe_session(session, items[i], values);
    describe_history(context, items[i], values);
    describe_seen(context, items[i], total, values);
    for (std::size_t c = 0; c < kColumns; ++c) columns.column(c)[i] = values[c];
  }
}

void VisitSource::describe_event(const Context& context, std::span<float> values) {
  const auto session = session_of(context);
  std::vector<ItemIndex> items;
  for (const Interaction& interaction : session) items.push_back(interaction.item);
  std::sort(items.begin(), items.end());
  const auto distinct = static_cast<float>(std::unique(items.begin(), items.end()) - items.begin());
  const auto length = static_cast<float>(session.size());
  values[kLength] = std::log1p(length);
  values[kDistinct] = std::log1p(distinct);
  values[kRepeats] = (length - distinct) / (length + 1.0F);
  values[kFirst] = one_if(session.size() == 1);
  values[kGap] = context.history.empty() ? 12.0F : log_minutes(context.now - context.history.back().time);
  values[kNew] = one_if(context.history.empty());
  values[kExperience] = std::log1p(static_cast<float>(context.interactions));
  values[kAge] = log_hours(context.now - context.first_seen);
}

Status VisitSource::load(std::string_view table, std::string_view /*key*/, std::string_view /*value*/) {
  return unreadable_row(name(), table);
}

}  // namespace millrace
