#include "app/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/state_meta.h"
#include "ingest/partition_ledger.h"
#include "store/memory_store.h"
#include "tests/app/pipeline_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

void send(const std::vector<Message>& messages) {
  ProducerOptions options;
  options.bootstrap_servers = pipeline_broker().bootstrap_servers();
  auto producer = open_producer(options);
  ASSERT_TRUE(producer.ok());
  for (const Message& message : messages) ASSERT_TRUE((*producer)->produce(message).ok());
  ASSERT_TRUE((*producer)->flush(milliseconds(20'000)).ok());
}

Message message(const std::string& topic, const std::string& key, const std::string& value) {
  Message made;
  made.topic = topic;
  made.key = key;
  made.value = value;
  return made;
}

// `count` events of 20 users over 30 items, over all event topics.
std::vector<Message> events(const Config& config, int count, int first = 0) {
  const std::int64_t now = system_clock().now().count;
  std::vector<Message> messages;
  for (int i = first; i < first + count; ++i) {
    const std::string user = "user-" + std::to_string(i % 20);
    const std::string item = "item-" + std::to_string((i * 7 + i / 20) % 30);
    const std::string text = R"({"user_id":")" + user + R"(","item_id":")" + item + R"(","event_time":)" +
                             std::to_string(now - 100'000 + i) + R"(,"value":4,"event_id":"e)" + std::to_string(i) +
                             "\"}";
    messages.push_back(message(config.ingest.topics[static_cast<std::size_t>(i % 3)].name, user, text));
  }
  return messages;
}

std::vector<Message> items(const Config& config, int count) {
  std::vector<Message> messages;
  for (int i = 0; i < count; ++i) {
    const std::string item = "item-" + std::to_string(i);
    messages.push_back(message(config.input.items_topic, item, R"({"title":"Title of )" + item + R"(","price":2.5})"));
  }
  return messages;
}

std::vector<Record> read_topic(const std::string& topic) {
  ReaderOptions options;
  options.bootstrap_servers = pipeline_broker().bootstrap_servers();
  options.topics = {topic};
  auto reader = open_reader(options);
  EXPECT_TRUE(reader.ok());
  std::vector<Record> all;
  while (!(*reader)->at_end()) {
    auto records = (*reader)->poll(1000, milliseconds(100));
    EXPECT_TRUE(records.ok());
    for (Record& record : *records) all.push_back(std::move(record));
  }
  return all;
}

std::uint64_t version_of(const Record& record) {
  return std::stoull(record.value->substr(record.value->find("\"version\":") + 10));
}

// Every user's versions only grow along the topic, and the last is what the store has.
void expect_topic_matches_store(const Config& config, const Store& store, std::size_t users) {
  std::map<std::string, std::uint64_t> newest;
  for (const Record& record : read_topic(config.publish.options.list_topic)) {
    EXPECT_GE(version_of(record), newest[*record.key]);
    newest[*record.key] = version_of(record);
  }
  EXPECT_EQ(newest.size(), users);
  for (const auto& [user, version] : newest) {
    const auto row = store.get(Table::kLists, user);
    ASSERT_TRUE(row.ok() && row->has_value()) << user;
    EXPECT_EQ(decode_list(UserId(user), **row)->version, version) << user;
  }
  EXPECT_EQ(store.size(Table::kDirty).rows, 0U);
  EXPECT_EQ(store.size(Table::kDeadLetters).rows, 0U);
}

std::uint64_t stored_outcomes(const Store& store, Outcome outcome, std::size_t topics) {
  std::uint64_t sum = 0;
  EXPECT_TRUE(store
                  .scan(Table::kPartitions, "", "",
                        [&](std::string_view key, std::string_view value) {
                          if (static_cast<std::size_t>(key[0]) < topics) {
                            sum += decode_partition(value)->outcomes[static_cast<std::size_t>(outcome)];
                          }
                          return true;
                        })
                  .ok());
  return sum;
}

TEST(PipelineTest, EventsBecomeListsAndBrokenOnesDeadLetters) {
  Config config = pipeline_config("whole");
  config.publish.options.format.titles = true;
  create_topics(config);
  send(items(config, 30));
  auto messages = events(config, 300);
  messages.push_back(message(config.ingest.topics[1].name, "user-1", "{broken"));
  messages.push_back(messages.front());  // a duplicate event id
  send(messages);
  const auto store = make_memory_store();
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 302; }));
  EXPECT_TRUE(tally.ready(Readiness::kAssigned));
  EXPECT_TRUE(tally.ready(Readiness::kRestored));
  EXPECT_TRUE(tally.ready(Readiness::kRunning));
  const Status ended = running.finish();
  ASSERT_TRUE(ended.ok()) << ended.error().message;

  EXPECT_EQ(tally.changes(), 30U);
  EXPECT_EQ(tally.outcome(Outcome::kApplied), 300U);
  EXPECT_EQ(tally.outcome(Outcome::kDeadLetter), 1U);
  EXPECT_EQ(tally.outcome(Outcome::kDuplicate), 1U);
  expect_topic_matches_store(config, *store, 20);
  const auto letters = read_topic(config.ingest.topics[1].name + ".dlq");
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].value, "{broken");
  const auto lists = read_topic(config.publish.options.list_topic);
  EXPECT_THAT(*lists.back().value, HasSubstr("\"title\":\"Title of item-"));
  EXPECT_THAT(*lists.back().value, HasSubstr("\"topic\":\"whole-clicks\""));
  EXPECT_TRUE(tally.statistics_seen());
}

TEST(PipelineTest, ARestartGoesOnWhereItStopped) {
  const Config config = pipeline_config("restart");
  create_topics(config);
  const auto store = make_memory_store();
  for (int part = 0; part < 2; ++part) {
    send(items(config, 5));
    send(events(config, 150, 150 * part));
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return tally.records() >= 150; }));
    const Status ended = running.finish();
    ASSERT_TRUE(ended.ok()) << ended.error().message;
    EXPECT_EQ(tally.records(), 150U) << "nothing is read twice";
    EXPECT_EQ(tally.changes(), 5U);
    EXPECT_EQ(tally.rewound(), 0);
  }
  EXPECT_EQ(stored_outcomes(*store, Outcome::kApplied, 3), 300U);
  expect_topic_matches_store(config, *store, 20);
}

// Passes everything on until `fail_at` commits have been made; then the disk is gone.
class DyingStore final : public Store {
 public:
  DyingStore(Store& store, int fail_at) : store_(store), left_(fail_at) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return store_.get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return store_.multi_get(table, keys);
  }
  Status scan(Table table, std::string_view prefix, std::string_view from,
              const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return store_.scan(table, prefix, from, visit);
  }
  Status commit(const WriteBatch& batch) override {
    if (--left_ < 0) return stop_error(ErrorCode::kIo, "the disk is gone");
    return store_.commit(batch);
  }
  TableSize size(Table table) const override { return store_.size(table); }

 private:
  Store& store_;
  int left_;
};

TEST(PipelineTest, EndedByAnErrorItLosesAndRepeatsNothing) {
  Config config = pipeline_config("dying");
  config.step.records_max = 20;
  create_topics(config);
  send(events(config, 400));
  const auto store = make_memory_store();
  {
    DyingStore dying(*store, 8);
    Tally tally;
    Running running(config, dying, tally);
    ASSERT_TRUE(wait_until([&] { return running.ended(); }));
    const Status ended = running.finish();
    ASSERT_FALSE(ended.ok());
    EXPECT_THAT(ended.error().message, HasSubstr("the disk is gone"));
  }
  const std::uint64_t before = stored_outcomes(*store, Outcome::kApplied, 3);
  EXPECT_GT(before, 0U);
  EXPECT_LT(before, 400U);
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 400 - before; }));
  ASSERT_TRUE(running.finish().ok());
  EXPECT_EQ(tally.outcome(Outcome::kDuplicate), 0U);
  EXPECT_EQ(tally.rewound(), 0) << "the group never runs ahead of the store";
  EXPECT_EQ(stored_outcomes(*store, Outcome::kApplied, 3), 400U);
  expect_topic_matches_store(config, *store, 20);
}

std::unique_ptr<Store> copy_of(const Store& store) {
  auto copy = make_memory_store();
  WriteBatch batch;
  for (std::size_t i = 0; i < kTables; ++i) {
    const Table table{static_cast<std::uint8_t>(i)};
    EXPECT_TRUE(store
                    .scan(table, "", "",
                          [&](std::string_view key, std::string_view value) {
                            batch.put(table, std::string(key), std::string(value));
                            return true;
                          })
                    .ok());
  }
  EXPECT_TRUE(copy->commit(batch).ok());
  return copy;
}

TEST(PipelineTest, ARewoundStoreReadsTheDifferenceAgainAndItsVersionsDoNotGoBack) {
  const Config config = pipeline_config("rewound");
  create_topics(config);
  const auto store = make_memory_store();
  std::unique_ptr<Store> old;
  for (int part = 0; part < 2; ++part) {
    send(events(config, 100, 100 * part));
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return tally.records() >= 100; }));
    ASSERT_TRUE(running.finish().ok());
    if (part == 0) old = copy_of(*store);
  }
  Tally tally;
  Running running(config, *old, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 100; }));
  ASSERT_TRUE(running.finish().ok());
  EXPECT_EQ(tally.rewound(), 100);
  EXPECT_EQ(stored_outcomes(*old, Outcome::kApplied, 3), 200U);
  expect_topic_matches_store(config, *old, 20);
}

TEST(PipelineTest, VersionsAheadOfTheClockGoOnFromThereAndNoneIsGivenTwice) {
  const Config config = pipeline_config("clock-behind");
  create_topics(config);
  const auto store = make_memory_store();
  constexpr std::uint64_t kAhead = 1ULL << 60;
  for (int part = 0; part < 2; ++part) {
    send(events(config, 100, 100 * part));
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return tally.records() >= 100; }));
    ASSERT_TRUE(running.finish().ok());
    WriteBatch batch;
    if (part == 0) put_meta_counter(batch, kVersionBaseKey, kAhead);
    ASSERT_TRUE(store->commit(batch).ok());
  }
  EXPECT_GT(*read_meta_counter(*store, kVersionBaseKey), kAhead) << "raised when partitions were assigned";
  expect_topic_matches_store(config, *store, 20);
}

TEST(PipelineTest, AnEmptyStoreOfAKnownGroupIsRefusedUntilARebuildIsAskedFor) {
  Config config = pipeline_config("lost");
  create_topics(config);
  send(events(config, 60));
  {
    const auto store = make_memory_store();
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return tally.records() >= 60; }));
    ASSERT_TRUE(running.finish().ok());
  }
  const auto store = make_memory_store();
  {
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return running.ended(); }));
    const Status ended = running.finish();
    ASSERT_FALSE(ended.ok());
    EXPECT_EQ(ended.error().code, ErrorCode::kGap);
    EXPECT_EQ(tally.records(), 0U);
  }
  config.kafka.rebuild = true;
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 60; }));
  ASSERT_TRUE(running.finish().ok());
  expect_topic_matches_store(config, *store, 20);
}

TEST(PipelineTest, UsersOfAMovedPartitionAreServedOnceTheyAreWhole) {
  Config config = pipeline_config("moved");
  create_topics(config);
  send(events(config, 200));
  const auto former = make_memory_store();
  {
    Tally tally;
    Running running(config, *former, tally);
    ASSERT_TRUE(wait_until([&] { return tally.records() >= 200; }));
    ASSERT_TRUE(running.finish().ok());
  }
  const std::size_t before = read_topic(config.publish.options.list_topic).size();
  const auto store = make_memory_store();
  {
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return running.ended(); }));
    const Status refused = running.finish();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kGap);
    EXPECT_THAT(refused.error().message, HasSubstr("kafka.on_moved_partition"));
  }
  config.kafka.on_moved_partition = MovedPartition::kRebuild;
  config.step.records_max = 10;
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.lists() >= 20; }));
  ASSERT_TRUE(running.finish().ok());
  EXPECT_GE(tally.steps(), 20U);
  EXPECT_EQ(tally.rewound(), 0) << "it was not this store that fell behind";
  EXPECT_EQ(read_topic(config.publish.options.list_topic).size(), before + 20)
      << "one list a user, when all of the history was there";
  expect_topic_matches_store(config, *store, 20);
}

TEST(PipelineTest, ASlowOutletPausesReadingAndLosesNothing) {
  Config config = pipeline_config("backlog");
  config.publish.backlog_max = 1;
  config.step.records_max = 50;
  create_topics(config);
  send(events(config, 300));
  const auto store = make_memory_store();
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 300; }));
  ASSERT_TRUE(running.finish().ok());
  EXPECT_GT(tally.pauses(), 0U);
  EXPECT_EQ(tally.outcome(Outcome::kApplied), 300U);
  expect_topic_matches_store(config, *store, 20);
}

TEST(PipelineTest, StartingAtTheLatestIsRememberedFromTheFirstMoment) {
  Config config = pipeline_config("latest");
  config.kafka.start = StartPosition::kLatest;
  create_topics(config);
  send(events(config, 30));
  const auto store = make_memory_store();
  {
    Tally tally;
    Running running(config, *store, tally);
    ASSERT_TRUE(wait_until([&] { return tally.ready(Readiness::kAssigned); }));
    ASSERT_TRUE(running.finish().ok());
    EXPECT_EQ(tally.records(), 0U);
  }
  send(events(config, 30, 30));  // while nobody reads
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return tally.records() >= 30; }));
  ASSERT_TRUE(running.finish().ok());
  EXPECT_EQ(stored_outcomes(*store, Outcome::kApplied, 3), 30U);
}

TEST(PipelineTest, AMissingTopicEndsTheRunByName) {
  const Config config = pipeline_config("missing");
  const auto store = make_memory_store();
  Tally tally;
  Running running(config, *store, tally);
  ASSERT_TRUE(wait_until([&] { return running.ended(); }));
  const Status ended = running.finish();
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(ended.error().message, HasSubstr("missing-clicks"));
}

TEST(PipelineTest, WaitsForBrokersThatAreNotThereAndStopsWhenTold) {
  Config config = pipeline_config("nobody");
  config.kafka.bootstrap_servers = "127.0.0.1:1";
  const auto store = make_memory_store();
  Tally tally;
  Running running(config, *store, tally);
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(running.ended());
  EXPECT_TRUE(running.finish().ok());
}

}  // namespace
}  // namespace millrace::testing
