// The whole way on a real Apache Kafka: records in, features, model and lists, records out; with kills, a broker that
// goes away, and records that are broken, late, skewed or there twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/random.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;

using RealPipeline = StreamTest;

SimulatorOptions small_shop(std::uint64_t events) {
  SimulatorOptions options;
  options.events = events;
  options.users = 300;
  options.items = 200;
  options.late_rate = options.skewed_rate = options.duplicate_rate = options.broken_rate = 0.01;
  return options;
}

std::uint64_t users_of(const RecordedSource& source) {
  std::set<std::string> users;
  for (const DemoRecord& record : source.records()) {
    if (record.expected == Outcome::kApplied) users.insert(record.user);
  }
  return users.size();
}

void expect_every_user_served(const RecordedSource& source, Auditor& auditor) {
  EXPECT_THAT(auditor.users_left_behind(), ::testing::IsEmpty());
  EXPECT_EQ(auditor.counts().backwards, 0U);
  EXPECT_EQ(auditor.counts().unreadable, 0U);
  std::uint64_t served = 0;
  for (const std::string& user : auditor.users()) served += auditor.list_of(user).empty() ? 0U : 1U;
  EXPECT_EQ(served, users_of(source));
}

// Everything on the event topics.
std::vector<Record> read_topics(const std::string& bootstrap, const FeedOptions& options) {
  ReaderOptions reader_options;
  reader_options.bootstrap_servers = bootstrap;
  reader_options.topics.assign(options.topics.begin(), options.topics.end());
  auto reader = open_reader(reader_options);
  EXPECT_TRUE(reader.ok());
  std::vector<Record> records;
  while (!(*reader)->at_end()) {
    auto polled = (*reader)->poll(5'000, milliseconds{100});
    if (!polled.ok()) continue;
    records.insert(records.end(), polled->begin(), polled->end());
  }
  return records;
}

TEST_F(RealPipeline, EveryRecordOfThreeTopicsHasItsOutcomeAndEveryUserANewestList) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  const auto source = simulate(small_shop(8'000));
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_ready());
  const FeedCounts sent = feed(*source);
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent)));
  stop_service();
  const auto store = open_store();
  EXPECT_EQ(settled_counts(*store), sent)
      << "clicks, purchases, ratings by applied, dead letter, duplicate, late, skewed";
  for (const Outcome outcome :
       {Outcome::kApplied, Outcome::kDeadLetter, Outcome::kDuplicate, Outcome::kLate, Outcome::kSkewed}) {
    EXPECT_GT(total(sent, outcome), 20U) << outcome_name(outcome);
  }
  const auto auditor = audit();
  expect_every_user_served(*source, *auditor);
  for (std::size_t topic = 0; topic < kDemoTopicCount; ++topic) {
    EXPECT_EQ(auditor->counts().dead_letters[topic], sent[topic][static_cast<std::size_t>(Outcome::kDeadLetter)]);
  }
  expect_features_of(source->records(), config(), *store);
}

TEST_F(RealPipeline, TwentyKillsLeaveNoTraceInFeaturesOffsetsModelOrLists) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  const auto source = simulate(small_shop(30'000));
  const FeedCounts sent = feed(*source);
  Random random(7);
  for (int kill = 0; kill < 20; ++kill) {
    const std::uint64_t before = settled();
    start_service();
    ASSERT_NO_FATAL_FAILURE(wait_until_settled(before + 1)) << "kill " << kill;
    std::this_thread::sleep_for(milliseconds{random.below(150)});
    kill_service();
    ASSERT_LT(settled(), total(sent)) << "the stream ended before kill " << kill << "; it must be longer";
  }
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent)));
  stop_service();
  const auto store = open_store();
  EXPECT_EQ(settled_counts(*store), sent);
  expect_features_of(source->records(), config(), *store);
  expect_same_as_uninterrupted(read_topics(bootstrap(), feed_options()), config(), *store);
  const auto auditor = audit();
  expect_every_user_served(*source, *auditor);
}

TEST_F(RealPipeline, ABrokerThatRestartsMidStreamCostsNothingButTime) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  if (!broker_->owned()) GTEST_SKIP() << "the broker was given; it is not ours to restart";
  const auto source = simulate(small_shop(12'000));
  std::vector<DemoRecord> records = source->records();
  const auto half = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
  RecordedSource first(source->items(), {records.begin(), half});
  RecordedSource second(source->items(), {half, records.end()});
  const FeedCounts sent_first = feed(first);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(500));
  broker_->stop();
  const Status restarted = broker_->restart();
  ASSERT_TRUE(restarted.ok()) << restarted.error().message;
  const FeedCounts sent_second = feed(second, false);
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(total(sent_first) + total(sent_second)));
  stop_service();
  const auto store = open_store();
  EXPECT_EQ(settled_records(*store), total(sent_first) + total(sent_second));
  expect_features_of(records, config(), *store);
  const auto auditor = audit();
  expect_every_user_served(*source, *auditor);
}

}  // namespace
}  // namespace millrace::testing
