#include "demo/simulator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "ingest/ingest.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

SimulatorOptions small(std::uint64_t seed = 1) {
  return {.seed = seed,
          .events = 5'000,
          .users = 100,
          .items = 80,
          .late_rate = 0.02,
          .skewed_rate = 0.01,
          .duplicate_rate = 0.02,
          .broken_rate = 0.02};
}

std::uint32_t number(const std::string& name) { return static_cast<std::uint32_t>(std::atoi(name.c_str() + 1)); }

TEST(Simulator, TheSameSeedSendsTheSameRecords) {
  Simulator first(small());
  Simulator second(small());
  Simulator other(small(2));
  bool differs = false;
  while (const auto record = first.next()) {
    const auto same = second.next();
    ASSERT_TRUE(same.has_value());
    EXPECT_EQ(record->value, same->value);
    EXPECT_EQ(record->key, same->key);
    const auto another = other.next();
    differs |= !another || another->value != record->value;
  }
  EXPECT_FALSE(second.next().has_value());
  EXPECT_TRUE(differs);
}

TEST(Simulator, SendsAllKindsAndExactlySoManyGoodEvents) {
  Simulator simulator(small());
  std::map<std::pair<TopicIndex, Outcome>, std::uint64_t> counts;
  while (const auto record = simulator.next()) ++counts[{record->topic, record->expected}];
  std::uint64_t good = 0;
  for (const TopicIndex topic : {kClicksTopic, kPurchasesTopic, kRatingsTopic}) {
    const auto count = counts[{topic, Outcome::kApplied}];
    EXPECT_GT(count, 100U) << raw(topic);
    good += count;
  }
  EXPECT_EQ(good, 5'000U);
}

// The expected outcomes are what ingest makes of the records when they arrive in order.
TEST(Simulator, ItsExpectationsAreWhatIngestFinds) {
  Simulator simulator(small());
  IngestOptions options;
  for (const std::string_view name : kDemoTopics) options.topics.push_back({.name = std::string(name), .mapping = {}});
  options.kinds =
      KindTable({{"click", Signal::kClick, 1}, {"purchase", Signal::kPurchase, 1}, {"rating", Signal::kRating, 1}});
  const auto store = make_memory_store();
  const auto ingest = make_ingest(options, *store);
  std::vector<std::pair<TopicIndex, PartitionIndex>> partitions;
  for (std::uint8_t topic = 0; topic < kDemoTopicCount; ++topic)
    partitions.emplace_back(TopicIndex{topic}, PartitionIndex{0});
  ASSERT_TRUE(ingest->assign(partitions).ok());
  for (const auto& [topic, partition] : partitions) ingest->start_at(topic, partition, Offset{0});
  std::map<std::uint8_t, std::int64_t> offsets;
  std::uint64_t faults = 0;
  while (const auto sent = simulator.next()) {
    Record record{.position = {sent->topic, PartitionIndex{0}, Offset{offsets[raw(sent->topic)]++}},
                  .timestamp = Millis{1'767'225'600'000},
                  .key = sent->key,
                  .value = sent->value,
                  .headers = {}};
    const Ingested ingested = ingest->ingest({&record, 1}, true);
    ASSERT_EQ(ingested.counts.size(), 1U);
    EXPECT_EQ(outcome_name(ingested.counts.begin()->first.outcome), outcome_name(sent->expected))
        << sent->value.substr(0, 300);
    faults += sent->expected != Outcome::kApplied ? 1U : 0U;
  }
  EXPECT_GT(faults, 200U);
}

TEST(Simulator, UsersChooseWhatTheyPreferAndTastesShift) {
  Simulator simulator(small());
  double sum = 0.0;
  std::uint64_t clicks = 0;
  std::vector<double> before;
  while (const auto record = simulator.next()) {
    if (!simulator.shifted()) {
      before.clear();
      for (std::uint32_t item = 0; item < 80; ++item) before.push_back(simulator.affinity(3, item));
    }
    // After the shift records of the session before may still be queued; the first half is what is measured.
    if (simulator.shifted() || record->expected != Outcome::kApplied) continue;
    sum += simulator.preference(number(record->user), number(record->item));
    ++clicks;
  }
  EXPECT_GT(sum / static_cast<double>(clicks), 0.75) << "a random choice would be at 0.5";
  EXPECT_TRUE(simulator.shifted());
  double moved = 0.0;
  for (std::uint32_t item = 0; item < 80; ++item) moved += std::abs(before[item] - simulator.affinity(3, item));
  EXPECT_GT(moved / 80, 0.15);
}

}  // namespace
}  // namespace millrace
