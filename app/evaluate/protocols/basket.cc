#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

#include "app/evaluate/protocols/walk.h"

namespace millrace {
namespace {

struct Basket {
  std::string key;
  std::vector<Event> lines;
  Millis first;
  Millis last;
};

// By its id where it has one: ids come first, so that baskets of one time are in their order.
std::string key_of(const Event& line) {
  const std::string& id = line.session.empty() ? std::to_string(line.event_time.count) : line.session;
  return id + '\n' + line.user.bytes;
}

// In the order of prediction: by first time, then key.
std::vector<Basket> baskets_of(std::vector<Event> lines) {
  std::vector<Basket> baskets;
  absl::flat_hash_map<std::string, std::size_t> places;
  for (Event& line : lines) {
    const auto [place, is_new] = places.try_emplace(key_of(line), baskets.size());
    if (is_new) baskets.push_back({place->first, {}, line.event_time, line.event_time});
    Basket& basket = baskets[place->second];
    basket.first = std::min(basket.first, line.event_time);
    basket.last = std::max(basket.last, line.event_time);
    line.session.clear();
    basket.lines.push_back(std::move(line));
  }
  std::sort(baskets.begin(), baskets.end(),
            [](const Basket& a, const Basket& b) { return a.first != b.first ? a.first < b.first : a.key < b.key; });
  return baskets;
}

Trial trial_of(const Basket& basket, const BasketOptions& options) {
  Trial trial;
  trial.user = basket.lines.front().user;
  trial.now = basket.first;
  for (const Event& line : basket.lines) {
    if (options.ranks(line)) trial.targets.push_back(line.item);
  }
  std::sort(trial.targets.begin(), trial.targets.end());
  trial.targets.erase(std::unique(trial.targets.begin(), trial.targets.end()), trial.targets.end());
  trial.cluster = trial.user.bytes;
  return trial;
}

// Baskets that were predicted and wait for their last line to be past, the earliest end first.
class OpenBaskets {
 public:
  void push(const Basket& basket) { open_.push({basket.last, next_++, &basket}); }
  // Learns those that ended strictly before `now`.
  Status learn_before(Millis now, Course& course) {
    while (!open_.empty() && std::get<0>(open_.top()) < now) {
      for (const Event& line : std::get<2>(open_.top())->lines) MILLRACE_RETURN_IF_ERROR(learn(line, course));
      open_.pop();
    }
    return Ok{};
  }

 private:
  using Entry = std::tuple<Millis, std::size_t, const Basket*>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
  std::size_t next_ = 0;
};

}  // namespace

Status run_baskets(std::vector<Event> lines, const BasketOptions& options, Course& course) {
  const std::vector<Basket> baskets = baskets_of(std::move(lines));
  const auto scored_from =
      static_cast<std::size_t>(std::ceil(options.skip_share * static_cast<double>(baskets.size())));
  OpenBaskets open;
  Synchroniser synchroniser(course.sync, course.evaluator);
  std::size_t begin = 0;
  for (const std::size_t end : equal_periods(baskets.size(), options.periods)) {
    MILLRACE_RETURN_IF_ERROR(synchroniser.begin(end - begin));
    for (std::size_t i = begin; i < end; ++i) {
      MILLRACE_RETURN_IF_ERROR(open.learn_before(baskets[i].first, course));
      MILLRACE_RETURN_IF_ERROR(synchroniser.at(i - begin));
      Trial trial = trial_of(baskets[i], options);
      if (i >= scored_from && !trial.targets.empty()) MILLRACE_RETURN_IF_ERROR(course.evaluator.ask(trial));
      open.push(baskets[i]);
    }
    MILLRACE_RETURN_IF_ERROR(synchroniser.end());
    begin = end;
  }
  return course.evaluator.flush();
}

}  // namespace millrace
