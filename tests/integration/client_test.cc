// The Kafka boundary on a real broker: what the embedded one cannot do (created topics' policies, static membership,
// restarts).
#include "kafka/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/real_broker.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::unique_name;

constexpr std::chrono::seconds kPatience{40};

// Starts every partition at its committed offset, or at 0; remembers what it was assigned.
class StartAtCommitted final : public RebalanceListener {
 public:
  Result<std::vector<TopicPartitionOffset>> on_assigned(std::span<const TopicPartition> partitions) override {
    ++assignments;
    std::vector<TopicPartitionOffset> starts;
    const auto committed = consumer->committed(partitions);
    if (!committed.ok()) return committed.error();
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      starts.push_back({partitions[i], (*committed)[i].offset.value_or(Offset{0})});
      assigned.insert(partitions[i]);
    }
    return starts;
  }
  void on_revoked(std::span<const TopicPartition>, bool) override { ++revocations; }

  Consumer* consumer = nullptr;
  std::set<TopicPartition> assigned;
  int assignments = 0;
  int revocations = 0;
};

void produce(const std::string& bootstrap, const std::string& topic, int from, int to) {
  ProducerOptions options;
  options.bootstrap_servers = bootstrap;
  auto producer = open_producer(options);
  ASSERT_TRUE(producer.ok()) << producer.error().message;
  for (int i = from; i < to; ++i) {
    Message message;
    message.topic = topic;
    message.key = "user-" + std::to_string(i % 50);
    message.value = std::to_string(i);
    message.token = static_cast<std::uint64_t>(i);
    ASSERT_TRUE((*producer)->produce(message).ok());
  }
  ASSERT_TRUE((*producer)->flush(kPatience).ok());
  std::set<std::uint64_t> delivered;
  for (const Delivery& delivery : (*producer)->deliveries(milliseconds{0})) {
    EXPECT_TRUE(delivery.delivered) << delivery.error;
    delivered.insert(delivery.token);
  }
  EXPECT_EQ(delivered.size(), static_cast<std::size_t>(to - from));
}

struct Member {
  StartAtCommitted listener;
  std::unique_ptr<Consumer> consumer;
};

std::unique_ptr<Member> join(const ConsumerOptions& options) {
  auto member = std::make_unique<Member>();
  auto consumer = open_consumer(options, member->listener);
  EXPECT_TRUE(consumer.ok()) << consumer.error().message;
  if (!consumer.ok()) return nullptr;
  member->consumer = std::move(consumer).value();
  member->listener.consumer = member->consumer.get();
  return member;
}

// Values in the order in which they came, until `count` are there or patience ends.
std::vector<Record> consume(Consumer& consumer, std::size_t count) {
  std::vector<Record> records;
  const auto deadline = steady_clock::now() + kPatience;
  while (records.size() < count && steady_clock::now() < deadline) {
    auto polled = consumer.poll(500, milliseconds{200});
    if (!polled.ok() && polled.error().disposition == Disposition::kRetry) continue;
    EXPECT_TRUE(polled.ok()) << polled.error().message;
    if (!polled.ok()) break;
    records.insert(records.end(), polled->begin(), polled->end());
  }
  return records;
}

std::vector<TopicPartitionOffset> next_offsets(const std::vector<Record>& records) {
  std::map<TopicPartition, Offset> next;
  for (const Record& record : records) {
    next[{record.position.topic, record.position.partition}] = Offset{raw(record.position.offset) + 1};
  }
  std::vector<TopicPartitionOffset> offsets;
  offsets.reserve(next.size());
  for (const auto& [where, offset] : next) offsets.push_back({where, offset});
  return offsets;
}

ConsumerOptions member_of(const std::string& bootstrap, const std::string& group, const std::string& topic) {
  ConsumerOptions options;
  options.bootstrap_servers = bootstrap;
  options.group = group;
  options.topics = {topic};
  return options;
}

TEST(RealKafkaClient, WhatIsProducedIsConsumedOnceAcrossACommitAndARestartOfTheMember) {
  MILLRACE_REAL_BROKER(broker);
  const std::string topic = unique_name("clicks");
  const std::string group = unique_name("group");
  ASSERT_TRUE(create_topic(broker->bootstrap_servers(), {}, topic, 4, false).ok());
  produce(broker->bootstrap_servers(), topic, 0, 1'000);

  std::set<std::string> values;
  for (const std::size_t expected : {std::size_t{1'000}, std::size_t{500}}) {
    const auto member = join(member_of(broker->bootstrap_servers(), group, topic));
    ASSERT_NE(member, nullptr);
    const auto records = consume(*member->consumer, expected);
    EXPECT_EQ(records.size(), expected);
    for (const Record& record : records)
      EXPECT_TRUE(values.insert(record.value.value_or("")).second) << "consumed twice";
    const auto offsets = next_offsets(records);
    const auto committed = member->consumer->commit_synchronously(offsets, "step 1", milliseconds(10'000));
    EXPECT_TRUE(committed.ok());
    std::vector<TopicPartition> where;
    where.reserve(offsets.size());
    for (const TopicPartitionOffset& offset : offsets) where.push_back(offset.where);
    const auto stored = member->consumer->committed(where);
    ASSERT_TRUE(stored.ok());
    for (std::size_t i = 0; i < where.size(); ++i) {
      EXPECT_EQ((*stored)[i].offset, offsets[i].offset);
      EXPECT_EQ((*stored)[i].metadata, "step 1");
    }
    EXPECT_TRUE(member->consumer->close(milliseconds(10'000)).ok());
    if (expected == 1'000) produce(broker->bootstrap_servers(), topic, 1'000, 1'500);
  }
  EXPECT_EQ(values.size(), 1'500U);
}

TEST(RealKafkaClient, CreatedTopicsHaveThePartitionsAndThePolicyAskedFor) {
  MILLRACE_REAL_BROKER(broker);
  const std::string compacted = unique_name("recommendations");
  const std::string plain = unique_name("clicks");
  ASSERT_TRUE(create_topic(broker->bootstrap_servers(), {}, compacted, 3, true).ok());
  ASSERT_TRUE(create_topic(broker->bootstrap_servers(), {}, plain, 2, false).ok());
  const auto first = describe_topic(broker->bootstrap_servers(), {}, compacted);
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->partitions, 3);
  EXPECT_EQ((*first)->cleanup_policy, "compact");
  const auto second = describe_topic(broker->bootstrap_servers(), {}, plain);
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->partitions, 2);
  EXPECT_EQ((*second)->cleanup_policy, "delete");
  const auto none = describe_topic(broker->bootstrap_servers(), {}, unique_name("nowhere"));
  ASSERT_TRUE(none.ok()) << none.error().message;
  EXPECT_FALSE(none->has_value());
}

TEST(RealKafkaClient, AStaticMemberThatComesBackKeepsItsPartitionsWithoutDisturbingTheOther) {
  MILLRACE_REAL_BROKER(broker);
  const std::string topic = unique_name("clicks");
  ConsumerOptions options = member_of(broker->bootstrap_servers(), unique_name("group"), topic);
  ASSERT_TRUE(create_topic(broker->bootstrap_servers(), {}, topic, 4, false).ok());
  options.instance_id = "one";
  auto one = join(options);
  options.instance_id = "two";
  auto two = join(options);
  ASSERT_TRUE(one && two);
  const auto deadline = steady_clock::now() + kPatience;
  while ((one->consumer->assignment().size() != 2 || two->consumer->assignment().size() != 2) &&
         steady_clock::now() < deadline) {
    ASSERT_TRUE(one->consumer->poll(10, milliseconds{50}).ok());
    ASSERT_TRUE(two->consumer->poll(10, milliseconds{50}).ok());
  }
  ASSERT_EQ(one->consumer->assignment().size(), 2U);
  const auto before = one->consumer->assignment();
  const int disturbances = two->listener.assignments + two->listener.revocations;

  EXPECT_TRUE(one->consumer->close(milliseconds(10'000)).ok());
  options.instance_id = "one";
  one = join(options);
  ASSERT_NE(one, nullptr);
  const auto back = steady_clock::now() + kPatience;
  while (one->consumer->assignment().empty() && steady_clock::now() < back) {
    ASSERT_TRUE(one->consumer->poll(10, milliseconds{50}).ok());
    ASSERT_TRUE(two->consumer->poll(10, milliseconds{50}).ok());
  }
  EXPECT_THAT(one->consumer->assignment(), ::testing::UnorderedElementsAreArray(before));
  EXPECT_EQ(two->listener.assignments + two->listener.revocations, disturbances);
}

TEST(RealKafkaClient, ConsumptionGoesOnAfterTheBrokerRestarts) {
  MILLRACE_REAL_BROKER(broker);
  if (!broker->owned()) GTEST_SKIP() << "the broker was given; it is not ours to restart";
  const std::string topic = unique_name("clicks");
  ASSERT_TRUE(create_topic(broker->bootstrap_servers(), {}, topic, 2, false).ok());
  produce(broker->bootstrap_servers(), topic, 0, 300);
  const auto member = join(member_of(broker->bootstrap_servers(), unique_name("group"), topic));
  ASSERT_NE(member, nullptr);
  EXPECT_EQ(consume(*member->consumer, 300).size(), 300U);
  broker->kill();
  const auto restarted = broker->restart();
  ASSERT_TRUE(restarted.ok()) << restarted.error().message;
  produce(broker->bootstrap_servers(), topic, 300, 600);
  EXPECT_EQ(consume(*member->consumer, 300).size(), 300U);
}

}  // namespace
}  // namespace millrace
