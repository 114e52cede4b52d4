// A small made-up stream for the families' tests, and rows as a family hands them out.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/example.h"
#include "core/random.h"
#include "model/families/family.h"
#include "model/families/registry.h"
#include "model/item_table.h"
#include "model/options.h"

namespace millrace {

inline KindTable three_kinds() {
  return KindTable(
      {{"click", Signal::kClick, 1.0F}, {"purchase", Signal::kPurchase, 4.0F}, {"rating", Signal::kRating}});
}

// Users with histories and sessions; every event is drawn from the generator or told, and becomes an example.
class TestStream {
 public:
  explicit TestStream(std::uint64_t seed, std::size_t users = 12, std::size_t items = 40)
      : random_(seed), users_(users), items_(items) {}

  Example next() {
    const std::uint64_t user = random_.below(users_);
    // Squared: some items are popular.
    const double u = random_.uniform();
    const auto item = static_cast<std::uint32_t>(u * u * static_cast<double>(items_));
    const std::uint64_t kind = random_.below(4);
    Example example = event(user, item, kind == 3 ? Signal::kRating : Signal::kClick);
    if (kind == 3) example.value = static_cast<float>(1 + random_.below(5));
    if (random_.below(20) == 0) example.quantity = -1.0F;
    if (random_.below(6) == 0) new_session(user);
    return example;
  }
  std::vector<Example> take(std::size_t count) {
    std::vector<Example> examples;
    for (std::size_t i = 0; i < count; ++i) examples.push_back(next());
    return examples;
  }
  Example event(std::uint64_t user, std::uint32_t item, Signal signal = Signal::kClick) {
    time_ = time_ + Millis{60'000};
    Example example;
    example.sequence = sequence_++;
    example.context = context(user);
    example.item = ItemIndex{item};
    example.signal = signal;
    example.kind = KindIndex{static_cast<std::uint8_t>(signal)};
    example.time = time_;
    remember(user, example);
    return example;
  }
  void new_session(std::uint64_t user) {
    state(user).session = ++sessions_;
    state(user).session_length = 0;
  }
  void pass(Millis duration) { time_ = time_ + duration; }
  // The user's state now.
  Context context(std::uint64_t user) {
    Context context = state(user);
    context.now = time_;
    return context;
  }

 private:
  Context& state(std::uint64_t user) {
    const auto [at, is_new] = contexts_.try_emplace(user);
    if (is_new) {
      at->second.user = UserIndex{user};
      at->second.session = ++sessions_;
      at->second.first_seen = time_;
    }
    return at->second;
  }
  void remember(std::uint64_t user, const Example& example) {
    Context& context = state(user);
    context.history.push_back({example.item, example.kind, example.time, example.value});
    if (context.history.size() > 20) context.history.erase(context.history.begin());
    context.session_length = std::min(context.session_length + 1, 20U);
    ++context.interactions;
    const auto at = std::lower_bound(context.seen.begin(), context.seen.end(), example.item,
                                     [](const SeenItem& seen, ItemIndex item) { return seen.item < item; });
    if (at != context.seen.end() && at->item == example.item) {
      ++at->count;
      at->last = example.time;
    } else {
      context.seen.insert(at, {example.item, 1, example.time});
    }
  }

  Random random_;
  std::size_t users_;
  std::size_t items_;
  std::uint64_t sequence_ = 0;
  std::uint64_t sessions_ = 0;
  Millis time_{1'600'000'000'000};
  std::map<std::uint64_t, Context> contexts_;
};

inline ItemTable item_table(std::uint32_t items) {
  ItemTable table;
  if (items > 0) table.ensure(ItemIndex{items - 1});
  return table;
}

using Rows = std::map<std::pair<std::string, std::string>, std::string>;

inline void save_into(Rows& rows, Family& family, bool all) {
  family.save(
      [&rows](std::string_view table, const std::string& key, std::optional<std::string> value) {
        if (value) {
          rows[{std::string(table), key}] = *value;
        } else {
          rows.erase({std::string(table), key});
        }
      },
      all);
}
inline Rows saved(Family& family) {
  Rows rows;
  save_into(rows, family, true);
  return rows;
}
inline Status load_from(const Rows& rows, Family& family) {
  for (const auto& [at, value] : rows) MILLRACE_RETURN_IF_ERROR(family.load(at.first, at.second, value));
  return family.loaded();
}

inline std::vector<ScoredItem> rank_one(Family& family, const Context& context, std::size_t k,
                                        const std::vector<ItemIndex>& exclude = {}) {
  const RankRequest request{&context, exclude};
  return family.rank({&request, 1}, k).front();
}
inline float score_one(Family& family, const Context& context, ItemIndex item) {
  float score = 0.0F;
  family.score(context, {&item, 1}, {&score, 1});
  return score;
}
inline std::vector<std::uint32_t> items_of(const std::vector<ScoredItem>& list) {
  std::vector<std::uint32_t> items;
  items.reserve(list.size());
  for (const ScoredItem& scored : list) items.push_back(raw(scored.item));
  return items;
}

}  // namespace millrace
