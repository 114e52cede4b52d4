// The whole way on a real Apache Kafka: records in, features, model and lists, records out; with a broker that goes
// away, and records that are broken, late, skewed or there twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using RealPipeline = StreamTest;

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
