#include "app/step_trials.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "publish/publisher.h"

namespace millrace {
namespace {

// How many times the list's length popularity may skip over items that a user has seen.
constexpr std::size_t kPopularOversampling = 10;

using ListsByUser = std::unordered_map<std::string, RecommendationList>;

Result<ListsByUser> newest_lists(std::span<const Event> events, const Store& store) {
  std::vector<std::string> keys;
  for (const Touched& user : touched_users(events)) keys.push_back(user.newest->user.bytes);
  MILLRACE_ASSIGN_OR_RETURN(const auto rows, store.multi_get(Table::kLists, keys));
  ListsByUser lists;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!rows[i]) continue;
    MILLRACE_ASSIGN_OR_RETURN(RecommendationList list, decode_list(UserId(keys[i]), *rows[i]));
    lists.emplace(keys[i], std::move(list));
  }
  return lists;
}

// Place of the item among the popular ones that the user may be shown.
std::optional<std::size_t> popularity_rank(const Example& example, std::span<const ItemIndex> popular,
                                           const ListRules& rules) {
  std::size_t place = 0;
  for (const ItemIndex item : popular) {
    if (rules.exclude_seen && has_seen(example.context.seen, item)) continue;
    if (item == example.item) return place;
    if (++place == rules.length) break;
  }
  return std::nullopt;
}

// `list`: the user's newest, or none.
LiveTrial trial_of(const Example& example, const RecommendationList* list) {
  LiveTrial trial;
  trial.signal = example.signal;
  trial.returning = list != nullptr;
  if (list == nullptr) return trial;
  const auto at =
      std::find_if(list->items.begin(), list->items.end(), [&](const auto& r) { return r.item == example.item; });
  if (at == list->items.end()) return trial;
  trial.rank = static_cast<std::size_t>(at - list->items.begin());
  if (at->learner < list->learners.size()) trial.learner = list->learners[at->learner];
  return trial;
}

}  // namespace

std::vector<Touched> touched_users(std::span<const Event> events) {
  std::vector<Touched> touched;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Event& event : events) {
    const auto [place, is_new] = places.try_emplace(event.user.view(), touched.size());
    if (is_new) {
      touched.push_back({&event, event.record_time});
      continue;
    }
    Touched& user = touched[place->second];
    if (event.event_time >= user.newest->event_time) user.newest = &event;
    user.oldest_record = std::min(user.oldest_record, event.record_time);
  }
  return touched;
}

Result<std::vector<LiveTrial>> live_trials(std::span<const Event> events, const LearnInput& learn,
                                           const LiveLists& lists) {
  const ListRules& rules = lists.rules;
  const std::vector<ItemIndex> popular =
      lists.learner.popular(rules.exclude_seen ? rules.length * kPopularOversampling : rules.length);
  MILLRACE_ASSIGN_OR_RETURN(const ListsByUser newest, newest_lists(events, lists.store));
  std::vector<LiveTrial> trials;
  std::size_t next = 0;
  for (const Event& event : events) {
    const auto item = lists.features.find_item(event.item);
    if (!item) continue;
    const std::size_t at = next++;
    const Example& example = learn.examples[at];
    if (event.quantity <= 0.0F || (rules.exclude_seen && has_seen(example.context.seen, *item))) continue;
    const auto list = newest.find(event.user.bytes);
    trials.push_back(trial_of(example, list == newest.end() ? nullptr : &list->second));
    trials.back().cold = learn.cold[at];
    trials.back().popularity_rank = popularity_rank(example, popular, rules);
  }
  return trials;
}

}  // namespace millrace
