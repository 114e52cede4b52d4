// A broker that misbehaves: the rows of the table in docs/operations.md, "When the broker misbehaves".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "kafka/client.h"
#include "tests/integration/broker_admin.h"
#include "tests/integration/slow_proxy.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr seconds kPatience{120};
constexpr const char* kQuickMetadata = "[kafka.properties]\n\"topic.metadata.refresh.interval.ms\" = \"1000\"\n";

class BrokerTroubles : public StreamTest {
 protected:
  template <class Condition>
  void wait_until(const std::string& what, Condition condition) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), deadline) << "waiting until " << what;
      ASSERT_TRUE(service_->running()) << what << "\n" << tail(log(), 20);
      std::this_thread::sleep_for(milliseconds{100});
    }
  }
  // Nothing while the service starts.
  Samples look() const {
    const auto text = http_get(port_, "/metrics");
    return Samples::parse(text.ok() ? *text : "");
  }
  std::filesystem::path log() const { return folder_.path() / "millrace.log"; }
  // The half of a stream, with the items.
  std::unique_ptr<RecordedSource> feed_some(std::uint64_t seed, std::uint64_t events = 1'500) {
    SimulatorOptions options = small_shop(events);
    options.seed = seed;
    auto source = simulate(options);
    sent_ += total(feed(*source));
    return source;
  }
  // One step further, as it were, with everything accounted for.
  void expect_whole(const RecordedSource& source) {
    ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
    stop_service();
    const auto store = open_store();
    EXPECT_EQ(settled_records(*store), sent_);
    expect_features_of(source.records(), config(), *store);
    const auto auditor = audit();
    expect_every_user_served(source, *auditor);
  }

  std::uint64_t sent_ = 0;
};

TEST_F(BrokerTroubles, AwayForAWhileItIsWaitedFor) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  if (!broker_->owned()) GTEST_SKIP() << "the broker was given; it is not ours to kill";
  const auto source = feed_some(1, 6'000);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until("some is settled", [&] { return settled() > 500; }));
  broker_->kill();
  ASSERT_NO_FATAL_FAILURE(wait_until("the outage shows", [&] {
    return look().sum("millrace_kafka_broker_connected", {{"client", "consumer"}}) == 0.0;
  }));
  std::this_thread::sleep_for(seconds{8});
  EXPECT_TRUE(http_get(port_, "/livez").ok()) << "an outage of the broker is not ours";
  const Status restarted = broker_->restart();
  ASSERT_TRUE(restarted.ok()) << restarted.error().message;
  expect_whole(*source);
}

TEST_F(BrokerTroubles, AwayForGoodTheServiceStillEndsInTime) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  if (!broker_->owned()) GTEST_SKIP() << "the broker was given; it is not ours to kill";
  const auto source = feed_some(1, 6'000);
  start_service({"--set", "service.shutdown_deadline=8s"});
  ASSERT_NO_FATAL_FAILURE(wait_until("some is settled", [&] { return settled() > 500; }));
  broker_->kill();
  ASSERT_NO_FATAL_FAILURE(wait_until("lists wait", [&] {
    return look().sum("millrace_queue_messages", {{"stage", "publish"}}) > 0.0;
  }));
  const auto begin = steady_clock::now();
  stop_service();
  EXPECT_LT(steady_clock::now() - begin, seconds{12});
  const Status restarted = broker_->restart();
  ASSERT_TRUE(restarted.ok()) << restarted.error().message;
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until("what waited is out", [&] { return audit()->users_left_behind().empty(); }));
  expect_whole(*source);
}

TEST_F(BrokerTroubles, SlowOrThrottlingItIsFollowedSlowly) {
  const BrokerListener far{"FAR", "PLAINTEXT", free_port(), free_port()};
  RealBrokerOptions options;
  options.listeners = {far};
  if (!prepare(options)) GTEST_SKIP() << "no Apache Kafka of our own here";
  SlowProxy proxy(far.advertised_port, far.port);
  proxy.delay(milliseconds{60});
  service_bootstrap_ = "127.0.0.1:" + std::to_string(far.advertised_port);
  const auto source = feed_some(1);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until("the slowness shows", [&] {
    return look().sum("millrace_kafka_broker_round_trip_seconds", {{"client", "producer"}, {"statistic", "mean"}}) >
           0.1;
  }));
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  proxy.delay(milliseconds{0});

  const std::vector<std::string> quota{
      "--bootstrap-server", bootstrap(),    "--alter",
      "--entity-type",      "clients",      "--entity-name",
      "millrace",           "--add-config", "consumer_byte_rate=30000,producer_byte_rate=60000"};
  ASSERT_EQ(broker_->run_tool("kafka.admin.ConfigCommand", quota), 0);
  SimulatorOptions second = small_shop(1'500);
  second.seed = 2;
  const auto throttled = simulate(second);
  sent_ += total(feed(*throttled, false));
  ASSERT_NO_FATAL_FAILURE(
      wait_until("the throttling shows", [&] { return look().sum("millrace_kafka_broker_throttle_seconds") > 0.0; }));
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  stop_service();
  EXPECT_EQ(settled_records(*open_store()), sent_);
  const auto auditor = audit();
  EXPECT_EQ(auditor->counts().backwards, 0U);
}

TEST_F(BrokerTroubles, RecordsThatAreGoneEndTheServiceWithAGap) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  const auto source = feed_some(1);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));

  // Retention overtakes a service that stands still.
  service_->signal(SIGSTOP);
  feed_some(2);
  delete_records(bootstrap(), topic("clicks"), kStreamPartitions, -1);
  service_->signal(SIGCONT);
  expect_end(4, "raise its retention");
  // And found when it starts again.
  start_service();
  expect_end(4, "records were deleted before they were read");
}

TEST_F(BrokerTroubles, ATopicCreatedAgainIsNotTakenForTheOldOne) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  extra_configuration_ = kQuickMetadata;
  feed_some(1);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  delete_topic(bootstrap(), topic("clicks"));
  expect_end(2, topic("clicks"));
  ASSERT_TRUE(create_topic(bootstrap(), {}, topic("clicks"), kStreamPartitions, false).ok());
  start_service();
  expect_end(4, "created anew");
}

TEST_F(BrokerTroubles, MorePartitionsAreReadAndTooLargeAListWaitsForItsTopic) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  extra_configuration_ = kQuickMetadata;
  set_topic(bootstrap(), topic("recommendations"), {{"cleanup.policy", "compact"}, {"max.message.bytes", "300"}});
  const auto source = feed_some(1);
  start_service();
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  ASSERT_NO_FATAL_FAILURE(
      wait_until("the refusals are counted", [&] { return look().sum("millrace_delivery_failures_total") > 0.0; }));
  EXPECT_THAT(read_file(log()), HasSubstr("MSG_SIZE_TOO_LARGE"));
  set_topic(bootstrap(), topic("recommendations"), {{"cleanup.policy", "compact"}});
  ASSERT_NO_FATAL_FAILURE(wait_until("all lists are delivered", [&] {
    return look().sum("millrace_queue_messages", {{"stage", "publish"}}) == 0.0;
  }));

  for (const std::string_view name : kDemoTopics) {
    add_partitions(bootstrap(), topic(std::string(name)), kStreamPartitions + 2);
  }
  ASSERT_NO_FATAL_FAILURE(wait_until("the new partitions are ours", [&] {
    return look().sum("millrace_assigned_partitions") == (kStreamPartitions + 2) * kDemoTopicCount;
  }));
  EXPECT_THAT(read_file(log()), HasSubstr("more partitions than before"));
  SimulatorOptions options = small_shop(1'500);
  options.seed = 2;
  const auto more = simulate(options);
  sent_ += total(feed(*more, false));
  ASSERT_NO_FATAL_FAILURE(wait_until_settled(sent_));
  stop_service();
  EXPECT_EQ(settled_records(*open_store()), sent_);
  EXPECT_EQ(audit()->counts().backwards, 0U);
}

}  // namespace
}  // namespace millrace::testing
