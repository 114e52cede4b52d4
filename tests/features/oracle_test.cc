// Features against a second, naive account of the same events: maps and lists, everything decayed step by step instead
// of in stored form, nothing bounded but the history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/features/random_events.h"

namespace millrace {
namespace {

constexpr double kHalfLife = 10'000.0;
constexpr double kKindWeights[] = {1.0, 4.0, 2.0};

// Decays itself whenever time moves on.
struct NaiveCounter {
  double value = 0.0;
  std::int64_t newest = 0;
  void add(std::int64_t time, double amount) {
    move_to(time);
    value = std::max(0.0, value + amount * std::exp2(static_cast<double>(time - newest) / kHalfLife));
  }
  void move_to(std::int64_t time) {
    if (newest == 0) newest = time;
    if (time <= newest) return;
    value *= std::exp2(static_cast<double>(newest - time) / kHalfLife);
    newest = time;
  }
};

struct NaiveWindow {
  std::int64_t width, buckets;
  std::map<std::int64_t, std::int64_t> counts{};
  void add(std::int64_t time, int delta) {
    const std::int64_t bucket = time / width;
    if (!counts.empty() && bucket <= counts.rbegin()->first - buckets) return;
    counts[bucket] = std::max<std::int64_t>(0, counts[bucket] + delta);
  }
  std::int64_t sum(std::int64_t now) const {
    std::int64_t total = 0;
    for (const auto& [bucket, count] : counts) total += bucket > now / width - buckets ? count : 0;
    return total;
  }
};

struct NaiveSeen {
  int count = 0;
  float units = 0.0F;
  std::int64_t last = 0;
};

struct NaiveUser {
  std::map<int, NaiveCounter> kinds;
  std::vector<std::pair<std::int64_t, std::string>> timeline;  // non-returns by time, equal times in order of arrival
  std::map<std::string, NaiveSeen> seen;
  std::vector<float> ratings;
  std::int64_t newest = 0;
};

struct NaiveItem {
  std::map<int, NaiveCounter> kinds;
  NaiveWindow hour{300'000, 12}, day{3'600'000, 24}, week{86'400'000, 7};
  int clicks = 0, purchases = 0;
  std::int64_t newest = 0, oldest = 0;
};

struct NaiveWorld {
  std::map<std::string, NaiveUser> users;
  std::map<std::string, NaiveItem> items;
  std::map<std::pair<std::string, std::string>, NaiveCounter> next;

  void apply(const Event& event) {
    const std::int64_t time = event.event_time.count;
    const int kind = raw(event.kind);
    const bool back = event.quantity < 0.0F;
    NaiveUser& user = users[event.user.bytes];
    NaiveItem& item = items[event.item.bytes];
    user.kinds[kind].add(time, back ? -kKindWeights[kind] : kKindWeights[kind]);
    item.kinds[kind].add(time, back ? -kKindWeights[kind] : kKindWeights[kind]);
    for (NaiveWindow* window : {&item.hour, &item.day, &item.week}) window->add(time, back ? -1 : 1);
    item.newest = std::max(item.newest, time);
    item.oldest = item.oldest == 0 ? time : std::min(item.oldest, time);
    user.newest = std::max(user.newest, time);
    int& total = kind == 0 ? item.clicks : item.purchases;
    if (kind != 2) total = std::max(0, total + (back ? -1 : 1));
    if (back) {
      give_back(user, event);
      return;
    }
    if (kind == 2) user.ratings.push_back(event.value);
    follow(user, event);
    NaiveSeen& seen = user.seen[event.item.bytes];
    ++seen.count;
    seen.units += event.quantity;
    seen.last = std::max(seen.last, time);
  }

  void give_back(NaiveUser& user, const Event& event) {
    const auto seen = user.seen.find(event.item.bytes);
    if (seen == user.seen.end()) return;
    seen->second.units += event.quantity;
    seen->second.count = std::max(1, seen->second.count - 1);
    if (seen->second.units <= 0.0F) user.seen.erase(seen);
  }

  void follow(NaiveUser& user, const Event& event) {
    const std::int64_t time = event.event_time.count;
    if (!user.timeline.empty() && time >= user.timeline.back().first && time - user.timeline.back().first <= 1000) {
      next[{user.timeline.back().second, event.item.bytes}].add(time, 1.0);
    }
    const auto place = std::upper_bound(user.timeline.begin(), user.timeline.end(), time,
                                        [](std::int64_t t, const auto& entry) { return t < entry.first; });
    user.timeline.insert(place, {time, event.item.bytes});
  }
};

class OracleTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  OracleTest() : world_(options()) {
    for (const Event& event : random_events(GetParam(), 4000)) {
      world_.apply(event);
      naive_.apply(event);
    }
  }
  static FeatureOptions options() {
    FeatureOptions options = small_options();
    options.history_length = 40;
    return options;
  }
  FeatureWorld world_;
  NaiveWorld naive_;
};

TEST_P(OracleTest, UsersAgree) {
  for (auto& [id, expected] : naive_.users) {
    const UserState user = world_.user(id);
    EXPECT_EQ(user.last_seen.count, expected.newest);
    EXPECT_EQ(user.interactions, expected.timeline.size());
    const double growth = decay_growth(user.last_seen, user.reference, Millis{10'000});
    for (auto& [kind, counter] : expected.kinds) {
      counter.move_to(expected.newest);
      EXPECT_NEAR(user.kinds.at(static_cast<std::size_t>(kind)) / growth, counter.value, 1e-9) << id;
    }
    std::vector<std::string> last;
    for (std::size_t i = expected.timeline.size() - std::min<std::size_t>(40, expected.timeline.size());
         i < expected.timeline.size(); ++i) {
      last.push_back(expected.timeline[i].second);
    }
    EXPECT_EQ(world_.history(id), last);
    double sum = 0.0;
    for (const float value : expected.ratings) sum += static_cast<double>(value);
    EXPECT_DOUBLE_EQ(user.rating_sum, sum);
    EXPECT_EQ(user.rating_count, expected.ratings.size());
  }
}

TEST_P(OracleTest, SeenItemsAgree) {
  for (const auto& [id, expected] : naive_.users) {
    const UserState user = world_.user(id);
    ASSERT_EQ(user.seen.size(), expected.seen.size()) << id;
    for (const SeenItem& seen : user.seen) {
      const NaiveSeen& naive = expected.seen.at(world_.features().item_id(seen.item).bytes);
      EXPECT_EQ(seen.count, static_cast<std::uint32_t>(naive.count));
      EXPECT_EQ(seen.last.count, naive.last);
    }
  }
}

TEST_P(OracleTest, ItemsAgree) {
  for (auto& [id, expected] : naive_.items) {
    const ItemState item = world_.item(id);
    const Millis now{expected.newest};
    EXPECT_EQ(item.last_seen, now);
    EXPECT_EQ(item.first_seen.count, expected.oldest);
    EXPECT_EQ(item.hour.sum(now), static_cast<std::uint64_t>(expected.hour.sum(expected.newest)));
    EXPECT_EQ(item.day.sum(now), static_cast<std::uint64_t>(expected.day.sum(expected.newest)));
    EXPECT_EQ(item.week.sum(now), static_cast<std::uint64_t>(expected.week.sum(expected.newest)));
    EXPECT_EQ(item.clicks, static_cast<std::uint64_t>(expected.clicks));
    EXPECT_EQ(item.purchases, static_cast<std::uint64_t>(expected.purchases));
    const double growth = decay_growth(now, item.reference, Millis{10'000});
    for (auto& [kind, counter] : expected.kinds) {
      counter.move_to(expected.newest);
      EXPECT_NEAR(item.kinds.at(static_cast<std::size_t>(kind)) / growth, counter.value, 1e-9) << id;
    }
  }
}

TEST_P(OracleTest, TransitionsAgree) {
  std::size_t checked = 0;
  for (const auto& [id, unused] : naive_.items) {
    const auto found = world_.neighbours(id, Relation::kNext);
    std::map<std::string, double> expected;
    std::int64_t newest = 0;
    for (const auto& [pair, counter] : naive_.next)
      newest = pair.first == id ? std::max(newest, counter.newest) : newest;
    for (auto& [pair, counter] : naive_.next) {
      if (pair.first != id) continue;
      counter.move_to(newest);
      expected[pair.second] = counter.value;
    }
    ASSERT_EQ(found.size(), expected.size()) << id;
    for (const auto& [other, weight] : found) {
      EXPECT_NEAR(weight, expected.at(other), 1e-5 * (1.0 + expected.at(other)));
      ++checked;
    }
  }
  EXPECT_GT(checked, 50U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, OracleTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace millrace
