#include "tests/integration/store_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "core/bytes.h"
#include "features/decay.h"
#include "features/features.h"
#include "ingest/ingest.h"
#include "ingest/json.h"
#include "ingest/partition_ledger.h"
#include "tests/uninterrupted.h"

namespace millrace::testing {
namespace {

// One applied event as the simulator wrote it.
struct Told {
  std::string kind;
  std::int64_t time = 0;
  std::string item;
  float value = 0.0F;
  auto operator<=>(const Told&) const = default;
};

struct NaiveRow {
  std::vector<Told> events;
  std::map<std::string, std::uint64_t> counts;  // by kind
  double rating_sum = 0.0;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  std::int64_t last = 0;

  void add(const Told& told) {
    events.push_back(told);
    ++counts[told.kind];
    if (told.kind == "rating") rating_sum += static_cast<double>(told.value);
    first = std::min(first, told.time);
    last = std::max(last, told.time);
  }
  // Weight of a kind decayed to `last`.
  double decayed(const Kind& kind, Millis half_life) const {
    double sum = 0.0;
    for (const Told& told : events) {
      if (told.kind != kind.name) continue;
      sum += static_cast<double>(kind.weight) *
             std::exp2(static_cast<double>(told.time - last) / static_cast<double>(half_life.count));
    }
    return sum;
  }
};

struct NaiveWorld {
  std::map<std::string, NaiveRow> users;
  std::map<std::string, NaiveRow> items;
};

NaiveWorld account_of(const std::vector<DemoRecord>& sent) {
  NaiveWorld world;
  JsonParser json(8);
  for (const DemoRecord& record : sent) {
    if (record.expected != Outcome::kApplied) continue;
    EXPECT_FALSE(json.parse(record.value).has_value());
    Told told{std::string(json.at(JsonPath("event_type")).text), json.at(JsonPath("event_time")).integer, record.item};
    told.value = static_cast<float>(json.at(JsonPath("value")).real);
    world.users[record.user].add(told);
    world.items[record.item].add(told);
  }
  return world;
}

void expect_decayed(const NaiveRow& expected, const KindTable& kinds, const std::vector<double>& stored,
                    Millis reference, Millis half_life, const std::string& who) {
  const double growth = decay_growth(Millis{expected.last}, reference, half_life);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const double naive = expected.decayed(kinds.all()[kind], half_life);
    const double found = kind < stored.size() ? stored[kind] / growth : 0.0;
    EXPECT_NEAR(found, naive, 1e-9 + 1e-9 * naive) << who << " " << kinds.all()[kind].name;
  }
}

// The newest interactions. Where the history is full, those as old as its oldest are left out: which of them stay
// depends on the order in which the topics were read.
void expect_history(const NaiveRow& expected, const UserState& user, const Config& config, const Features& features) {
  std::vector<Told> found;
  for (const Interaction& each : user.history) {
    const std::string& item = each.item == kUnknownItem ? std::string() : features.item_id(each.item).bytes;
    found.push_back({config.kinds.at(each.kind).name, each.time.count, item, each.value});
  }
  std::vector<Told> naive = expected.events;
  std::sort(naive.begin(), naive.end(), [](const Told& a, const Told& b) { return a.time > b.time; });
  const std::size_t limit = config.features.history_length;
  if (naive.size() > limit) {
    const std::int64_t oldest = naive[limit - 1].time;
    naive.resize(limit);
    std::erase_if(naive, [&](const Told& told) { return told.time == oldest; });
    std::erase_if(found, [&](const Told& told) { return told.time == oldest; });
  }
  std::sort(naive.begin(), naive.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, naive);
}

void expect_user(const std::string& name, const NaiveRow& expected, const Config& config, Features& features) {
  const auto user = features.user(UserId(name));
  ASSERT_TRUE(user.ok() && user->has_value()) << name;
  EXPECT_EQ((*user)->interactions, expected.events.size()) << name;
  EXPECT_EQ((*user)->first_seen.count, expected.first) << name;
  EXPECT_EQ((*user)->last_seen.count, expected.last) << name;
  EXPECT_EQ((*user)->rating_sum, expected.rating_sum) << name;
  expect_decayed(expected, config.kinds, (*user)->kinds, (*user)->reference, config.features.counter_half_life, name);
  expect_history(expected, **user, config, features);
}

void expect_item(const std::string& name, const NaiveRow& expected, const Config& config, Features& features) {
  const auto item = features.item(ItemId(name));
  ASSERT_TRUE(item.ok() && item->has_value()) << name;
  const auto count = [&](const char* kind) {
    const auto found = expected.counts.find(kind);
    return found == expected.counts.end() ? 0 : found->second;
  };
  EXPECT_EQ((*item)->interactions, expected.events.size()) << name;
  EXPECT_EQ((*item)->clicks, count("click")) << name;
  EXPECT_EQ((*item)->purchases, count("purchase")) << name;
  EXPECT_EQ((*item)->rating_count, count("rating")) << name;
  EXPECT_EQ((*item)->rating_sum, expected.rating_sum) << name;
  EXPECT_EQ((*item)->first_seen.count, expected.first) << name;
  EXPECT_EQ((*item)->last_seen.count, expected.last) << name;
  expect_decayed(expected, config.kinds, (*item)->kinds, (*item)->reference, config.features.counter_half_life, name);
}

}  // namespace

FeedCounts settled_counts(const Store& store) {
  FeedCounts counts{};
  const Status scanned = store.scan(Table::kPartitions, "", "", [&](std::string_view key, std::string_view value) {
    const auto state = decode_partition(value);
    EXPECT_TRUE(state.ok());
    const std::size_t topic = read_key(key, 0, 1);
    if (!state.ok() || topic >= kDemoTopicCount) return true;
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) counts[topic][outcome] += state->outcomes[outcome];
    return true;
  });
  EXPECT_TRUE(scanned.ok());
  return counts;
}

std::uint64_t settled_records(const Store& store) { return total(settled_counts(store)); }

void expect_features_of(const std::vector<DemoRecord>& sent, const Config& config, const Store& store) {
  const NaiveWorld world = account_of(sent);
  auto features = open_features(config.features, store);
  ASSERT_TRUE(features.ok()) << features.error().message;
  for (const auto& [name, expected] : world.users) expect_user(name, expected, config, **features);
  for (const auto& [name, expected] : world.items) expect_item(name, expected, config, **features);
}

void expect_users_of(const std::vector<DemoRecord>& sent, const std::set<std::string>& users, const Config& config,
                     const Store& store) {
  const NaiveWorld world = account_of(sent);
  auto features = open_features(config.features, store);
  ASSERT_TRUE(features.ok()) << features.error().message;
  for (const std::string& name : users) {
    const auto expected = world.users.find(name);
    if (expected != world.users.end()) expect_user(name, expected->second, config, **features);
  }
}

void expect_same_as_uninterrupted(const std::vector<Record>& records, const Config& config, const Store& store) {
  const auto features = open_features(config.features, store);
  ASSERT_TRUE(features.ok()) << features.error().message;
  // The catalogue is sent once and does not change.
  const auto content = [&](const ItemId& item) { return (*features)->content(item).value(); };
  std::vector<std::pair<Table, std::size_t>> compared;
  EXPECT_THAT(differences_from_uninterrupted(records, config, store, content, &compared), ::testing::IsEmpty());
  for (const auto& [table, rows] : compared) {
    EXPECT_GT(rows, 0U) << table_name(table) << " is empty: the comparison would show nothing";
  }
}

void expect_newest_versions(const Store& store, const Auditor& auditor) {
  std::uint64_t differing = 0;
  std::uint64_t lists = 0;
  const Status scanned = store.scan(Table::kLists, "", "", [&](std::string_view user, std::string_view row) {
    const auto list = decode_list(UserId(std::string(user)), row);
    EXPECT_TRUE(list.ok()) << list.error().message;
    differing += list.ok() && list->version == auditor.user(std::string(user)).version ? 0U : 1U;
    ++lists;
    return list.ok();
  });
  ASSERT_TRUE(scanned.ok()) << scanned.error().message;
  EXPECT_EQ(differing, 0U) << "users whose newest published version is not the store's, of " << lists;
  std::uint64_t published = 0;
  for (const std::string& user : auditor.users()) published += auditor.user(user).version > 0 ? 1U : 0U;
  EXPECT_EQ(published, lists);
}

}  // namespace millrace::testing
