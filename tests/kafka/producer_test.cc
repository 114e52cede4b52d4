#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/kafka/broker_fixture.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

Message message_to(const std::string& topic, std::uint64_t token, const std::string& value = "v") {
  Message message;
  message.topic = topic;
  message.key = "k";
  message.value = value;
  message.token = token;
  return message;
}

TEST(KafkaProducer, ReportsEveryMessageWithItsToken) {
  ASSERT_TRUE(broker().create_topic("tokens", 2).ok());
  const auto producer = make_producer();
  std::vector<Message> messages;
  for (std::uint64_t token = 0; token < 500; ++token) messages.push_back(message_to("tokens", token));
  std::set<std::uint64_t> tokens;
  for (const Delivery& report : deliver(*producer, messages)) {
    EXPECT_TRUE(report.delivered) << report.error;
    EXPECT_GT(report.at.count, 1'600'000'000'000);
    tokens.insert(report.token);
  }
  EXPECT_EQ(tokens.size(), 500U);
  EXPECT_EQ(producer->in_flight(), 0U);
  EXPECT_FALSE(producer->fatal().has_value());
}

TEST(KafkaProducer, PutsKeysWhereJavaClientsPutThem) {
  ASSERT_TRUE(broker().create_topic("murmur", 4).ok());
  const auto producer = make_producer();
  Message message = message_to("murmur", 1);
  message.key = "21";
  deliver(*producer, {message});
  ReaderOptions options;
  options.bootstrap_servers = broker().bootstrap_servers();
  options.topics = {"murmur"};
  auto reader = open_reader(options);
  ASSERT_TRUE(reader.ok());
  const auto records = read(**reader, 1);
  ASSERT_EQ(records.size(), 1U);
  constexpr std::uint32_t kJavaMurmur2 = static_cast<std::uint32_t>(-973932308);  // from Kafka's own UtilsTest
  EXPECT_EQ(raw(records.front().position.partition), static_cast<int>((kJavaMurmur2 & 0x7fffffff) % 4));
}

TEST(KafkaProducer, AFullQueueAsksToRetry) {
  ProducerOptions options;
  options.bootstrap_servers = "127.0.0.1:1";  // nobody listens
  options.queue_bytes = 64 << 10;
  options.log = [](int, std::string_view) {};
  auto producer = open_producer(options);
  ASSERT_TRUE(producer.ok());
  Status status = Ok{};
  for (int i = 0; i < 1000 && status.ok(); ++i)
    status = (*producer)->produce(message_to("full", 1, std::string(1024, 'x')));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().disposition, Disposition::kRetry);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

TEST(KafkaProducer, AnUndeliverableMessageIsReportedAsFailed) {
  ProducerOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.delivery_timeout = milliseconds(300);
  options.log = [](int, std::string_view) {};
  auto producer = open_producer(options);
  ASSERT_TRUE(producer.ok());
  Message message = message_to("nowhere", 42);
  message.value = "what the user likes";
  const auto reports = deliver(**producer, {message});
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_FALSE(reports[0].delivered);
  EXPECT_EQ(reports[0].token, 42U);
  EXPECT_THAT(reports[0].error, HasSubstr("nowhere"));
  EXPECT_THAT(reports[0].error, Not(HasSubstr("what the user likes"))) << "payloads do not belong into errors and logs";
}

TEST(KafkaProducer, FlushWaitsForAllReports) {
  ASSERT_TRUE(broker().create_topic("flush", 1).ok());
  const auto producer = make_producer();
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(producer->produce(message_to("flush", i)).ok());
  ASSERT_TRUE(producer->flush(milliseconds(20'000)).ok());
  EXPECT_EQ(producer->deliveries(milliseconds(0)).size(), 50U);
}

TEST(KafkaProducer, FlushSaysHowManyAreLeft) {
  ProducerOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.log = [](int, std::string_view) {};
  auto producer = open_producer(options);
  ASSERT_TRUE(producer.ok());
  ASSERT_TRUE((*producer)->produce(message_to("x", 1)).ok());
  const Status status = (*producer)->flush(milliseconds(50));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().message, HasSubstr("1 message"));
}

}  // namespace
}  // namespace millrace
