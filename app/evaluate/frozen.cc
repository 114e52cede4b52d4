#include "app/evaluate/frozen.h"

#include <algorithm>

#include "core/check.h"

namespace millrace {
namespace {

void count_seen(std::vector<SeenItem>& seen, ItemIndex item, Millis time) {
  const auto at = std::lower_bound(seen.begin(), seen.end(), item,
                                   [](const SeenItem& entry, ItemIndex wanted) { return entry.item < wanted; });
  if (at != seen.end() && at->item == item) {
    ++at->count;
    at->last = time;
  } else {
    seen.insert(at, {item, 1, time});
  }
}

}  // namespace

Result<Context> frozen_context(Features& features, std::size_t context_length, const UserId& user,
                               const std::string& session, Millis now, std::span<const Event> prefix) {
  MILLRACE_ASSIGN_OR_RETURN(Context context, features.context(user, now, session));
  MILLRACE_CHECK(context.interactions == 0);
  if (prefix.empty()) return context;
  context.first_seen = prefix.front().event_time;
  context.interactions = static_cast<std::uint32_t>(prefix.size());
  for (const Event& event : prefix) {
    const ItemIndex item = features.find_item(event.item).value_or(kUnknownItem);
    if (item != kUnknownItem) count_seen(context.seen, item, event.event_time);
  }
  for (const Event& event : prefix.last(std::min(context_length, prefix.size()))) {
    context.history.push_back(
        {features.find_item(event.item).value_or(kUnknownItem), event.kind, event.event_time, event.value});
  }
  context.session_length = static_cast<std::uint32_t>(context.history.size());
  return context;
}

}  // namespace millrace
