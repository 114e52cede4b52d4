#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kafka/broker_fixture.h"

namespace millrace {
namespace {

using testing::HasSubstr;

Result<std::unique_ptr<Reader>> open(const std::string& topic, std::vector<TopicPartitionOffset> start = {}) {
  ReaderOptions options;
  options.bootstrap_servers = broker().bootstrap_servers();
  options.topics = {topic};
  options.start = std::move(start);
  return open_reader(options);
}

constexpr TopicPartition kFirst{TopicIndex{0}, PartitionIndex{0}};

TEST(KafkaReader, ReadsAWholeTopicToItsEndAndGoesOn) {
  ASSERT_TRUE(broker().create_topic("whole", 4).ok());
  fill("whole", 300);
  auto reader = open("whole");
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE((*reader)->at_end());
  EXPECT_EQ(read(**reader, 300).size(), 300U);
  EXPECT_TRUE((*reader)->at_end());
  fill("whole", 3);
  EXPECT_EQ(read(**reader, 3).size(), 3U);
}

TEST(KafkaReader, AnEmptyTopicIsAtItsEnd) {
  ASSERT_TRUE(broker().create_topic("nothing", 2).ok());
  const auto reader = open("nothing");
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->at_end());
}

TEST(KafkaReader, StartsWhereItIsTold) {
  ASSERT_TRUE(broker().create_topic("start", 1).ok());
  fill("start", 10);
  auto reader = open("start", {{kFirst, Offset{7}}});
  ASSERT_TRUE(reader.ok());
  const auto records = read(**reader, 3);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(raw(records.front().position.offset), 7);
  EXPECT_TRUE((*reader)->at_end());
}

TEST(KafkaReader, AnOffsetPastTheEndMeansANewTopicAndReadsAllOfIt) {
  ASSERT_TRUE(broker().create_topic("recreated", 1).ok());
  fill("recreated", 4);
  auto reader = open("recreated", {{kFirst, Offset{1000}}});
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(read(**reader, 4).size(), 4U);
}

TEST(KafkaReader, NamesATopicThatDoesNotExist) {
  const auto reader = open("no-items");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(reader.error().message, HasSubstr("no-items"));
}

TEST(KafkaTopics, AreDescribedWithoutBeingCreated) {
  ASSERT_TRUE(broker().create_topic("described", 5).ok());
  const auto found = describe_topic(broker().bootstrap_servers(), {}, "described");
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->partitions, 5);
  EXPECT_EQ((*found)->cleanup_policy, "");  // the embedded broker cannot say
  for (int i = 0; i < 2; ++i) {
    const auto missing = describe_topic(broker().bootstrap_servers(), {}, "not-described");
    ASSERT_TRUE(missing.ok()) << missing.error().message;
    EXPECT_FALSE(missing->has_value());
  }
}

TEST(KafkaTopics, CreatingOnABrokerThatCannotSaysSo) {
  const Status status = create_topic(broker().bootstrap_servers(), {}, "wanted", 2, true);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(status.error().message, HasSubstr("wanted"));
}

}  // namespace
}  // namespace millrace
