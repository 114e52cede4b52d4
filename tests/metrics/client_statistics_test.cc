#include "metrics/client_statistics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace millrace {
namespace {

// Written by librdkafka 2.0.2 against its embedded cluster of two brokers.
std::string sample(const std::string& name) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/metrics/data/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ClientStatistics, ReadsPartitionsOfARealConsumer) {
  const auto parsed = parse_client_statistics(sample("consumer_statistics.json"));
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->partitions.size(), 2U) << "partition -1 is left out";
  EXPECT_EQ(parsed->partitions[0].topic, "clicks");
  EXPECT_EQ(parsed->partitions[0].partition, 0);
  EXPECT_EQ(parsed->partitions[0].lag_records, 6397);
  EXPECT_EQ(parsed->partitions[1].lag_records, 8000);
  EXPECT_EQ(parsed->partitions[1].fetch_queue_messages, 14397);
  EXPECT_EQ(parsed->partitions[1].fetch_queue_bytes, 158367);
}

TEST(ClientStatistics, ReadsGroupAndTrafficOfARealConsumer) {
  const auto parsed = parse_client_statistics(sample("consumer_statistics.json"));
  ASSERT_TRUE(parsed.ok());
  ASSERT_TRUE(parsed->group.has_value());
  EXPECT_EQ(parsed->group->rebalances, 1);
  EXPECT_EQ(parsed->group->assigned_partitions, 2);
  EXPECT_EQ(parsed->sent_bytes, 3149);
  EXPECT_EQ(parsed->received_bytes, 287972);
}

TEST(ClientStatistics, ListsEachBrokerOnceInBaseUnits) {
  const auto parsed = parse_client_statistics(sample("consumer_statistics.json"));
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->brokers.size(), 2U) << "the logical coordinator is broker 1 again";
  EXPECT_EQ(parsed->brokers[0].broker, "2");
  EXPECT_TRUE(parsed->brokers[0].connected);
  EXPECT_NEAR(parsed->brokers[0].round_trip.mean_seconds, .500803, 1e-9);
  EXPECT_NEAR(parsed->brokers[0].round_trip.p99_seconds, .501759, 1e-9);
}

TEST(ClientStatistics, ReadsAProducerWithoutGroup) {
  const auto parsed = parse_client_statistics(sample("producer_statistics.json"));
  ASSERT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed->group.has_value());
  EXPECT_NEAR(parsed->brokers.at(0).queue.mean_seconds, .005375, 1e-9);
  EXPECT_NEAR(parsed->brokers.at(0).queue.p99_seconds, .009535, 1e-9);
}

TEST(ClientStatistics, KnowsNoLagBeforeTheFirstFetch) {
  const auto parsed = parse_client_statistics(
      R"({"topics":{"clicks":{"partitions":{"0":{"partition":0,"consumer_lag":-1}}}},"brokers":{"b":{"nodeid":-1}}})");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->partitions.size(), 1U);
  EXPECT_FALSE(parsed->partitions[0].lag_records.has_value());
  EXPECT_TRUE(parsed->brokers.empty()) << "a bootstrap address is not yet a broker";
}

TEST(ClientStatistics, ReadsThrottlingAsMilliseconds) {
  const auto parsed = parse_client_statistics(R"({"brokers":{"b":{"nodeid":3,"throttle":{"avg":40,"p99":250}}}})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_NEAR(parsed->brokers.at(0).throttle.mean_seconds, .04, 1e-12);
  EXPECT_NEAR(parsed->brokers.at(0).throttle.p99_seconds, .25, 1e-12);
}

TEST(ClientStatistics, RefusesWhatIsNoObjectAndSurvivesWrongTypes) {
  EXPECT_FALSE(parse_client_statistics("").ok());
  EXPECT_FALSE(parse_client_statistics("[1,2]").ok());
  EXPECT_FALSE(parse_client_statistics(R"({"brokers":)").ok());
  const auto odd =
      parse_client_statistics(R"({"brokers":5,"topics":{"t":7,"u":{"partitions":[]}},"cgrp":"x","msg_cnt":"y"})");
  ASSERT_TRUE(odd.ok());
  EXPECT_TRUE(odd->brokers.empty());
  EXPECT_TRUE(odd->partitions.empty());
  EXPECT_EQ(odd->queue_messages, 0);
}

}  // namespace
}  // namespace millrace
