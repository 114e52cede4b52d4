#include "features/item_update.h"

#include <algorithm>
#include <utility>

#include "features/decay.h"

namespace millrace {
namespace {

void count(ItemState& item, const Event& event, const Kind& kind, const FeatureOptions& options) {
  double growth = decay_growth(event.event_time, item.reference, options.counter_half_life);
  if (growth > kRebaseGrowth) {
    for (double& counter : item.kinds) counter /= growth;
    item.reference = event.event_time;
    growth = 1.0;
  }
  const double amount = static_cast<double>(kind.weight) * growth * (event.quantity < 0.0F ? -1.0 : 1.0);
  if (raw(event.kind) >= item.kinds.size()) item.kinds.resize(options.kinds.size());
  double& counter = item.kinds[raw(event.kind)];
  counter = std::max(0.0, counter + amount);
}

void step_total(std::uint64_t& total, bool back) {
  if (!back) {
    ++total;
  } else if (total > 0) {
    --total;
  }
}

void rate(ItemState& item, float value, float user_mean) {
  item.rating_sum += static_cast<double>(value);
  item.relative_rating_sum += static_cast<double>(value) - static_cast<double>(user_mean);
  ++item.rating_count;
}

}  // namespace

void apply_to_item(ItemState& item, const Event& event, const Kind& kind, float user_mean,
                   const FeatureOptions& options) {
  const Millis time = event.event_time;
  const bool back = event.quantity < 0.0F;
  if (item.week.empty()) item.first_seen = item.last_seen = item.reference = time;
  item.first_seen = std::min(item.first_seen, time);
  item.last_seen = std::max(item.last_seen, time);
  count(item, event, kind, options);
  const int delta = back ? -1 : 1;
  item.hour.add(time, delta);
  item.day.add(time, delta);
  item.week.add(time, delta);
  if (!back) ++item.interactions;
  if (kind.signal == Signal::kClick) step_total(item.clicks, back);
  if (kind.signal == Signal::kPurchase) step_total(item.purchases, back);
  if (kind.signal == Signal::kRating && !back) rate(item, event.value, user_mean);
  if (event.price > 0.0F && !item.price_listed && (item.price <= 0.0F || time >= item.price_time)) {
    item.price = event.price;
    item.price_time = time;
  }
}

bool describe_item(ItemState& item, const ItemContent& content) {
  std::vector<std::uint32_t> categories;
  for (const std::string& category : content.categories) {
    if (categories.size() == kMaxItemCategories) break;
    categories.push_back(category_hash(category));
  }
  std::sort(categories.begin(), categories.end());
  categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
  bool changed = categories != item.categories;
  item.categories = std::move(categories);
  if (content.price > 0.0F && (!item.price_listed || item.price != content.price)) {
    item.price = content.price;
    item.price_listed = changed = true;
  }
  return changed;
}

}  // namespace millrace
