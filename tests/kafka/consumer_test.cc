#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "tests/kafka/broker_fixture.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// Starts at what the group has committed, else at the low watermark.
class Member final : public RebalanceListener {
 public:
  explicit Member(std::vector<std::string> topics, const std::string& group) {
    ConsumerOptions options;
    options.bootstrap_servers = broker().bootstrap_servers();
    options.group = group;
    options.topics = std::move(topics);
    options.statistics_interval = milliseconds(200);
    // The embedded broker lets a second member of a group wait for the session timeout of the first.
    options.properties = {{"session.timeout.ms", "3000"}, {"heartbeat.interval.ms", "500"}};
    auto opened = open_consumer(options, *this);
    EXPECT_TRUE(opened.ok());
    consumer = std::move(*opened);
  }
  ~Member() override { consumer.reset(); }

  Result<std::vector<TopicPartitionOffset>> on_assigned(std::span<const TopicPartition> partitions) override {
    assigned.assign(partitions.begin(), partitions.end());
    if (refuse) return stop_error(ErrorCode::kGap, "refused by the test");
    auto committed = consumer->committed(partitions);
    if (!committed.ok()) return committed.error();
    std::vector<TopicPartitionOffset> start;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      auto marks = consumer->watermarks(partitions[i]);
      if (!marks.ok()) return marks.error();
      start.push_back({partitions[i], (*committed)[i].offset.value_or(marks->low)});
      notes.push_back((*committed)[i].metadata);
    }
    return start;
  }
  void on_revoked(std::span<const TopicPartition> partitions, bool lost) override {
    revoked.assign(partitions.begin(), partitions.end());
    if (!lost && !commit_on_revoke.empty()) {
      last_commit = consumer->commit_synchronously(commit_on_revoke, "left", milliseconds(10'000));
    }
  }

  bool refuse = false;
  std::vector<TopicPartition> assigned;
  std::vector<TopicPartition> revoked;
  std::vector<std::string> notes;
  std::vector<TopicPartitionOffset> commit_on_revoke;
  std::optional<Status> last_commit;
  std::unique_ptr<Consumer> consumer;
};

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

TEST(KafkaConsumer, ReadsRecordsWholeAndInOrderOfTopicPartitionOffset) {
  ASSERT_TRUE(broker().create_topic("order-a", 3).ok());
  ASSERT_TRUE(broker().create_topic("order-b", 3).ok());
  fill("order-b", 50);
  fill("order-a", 50);
  const auto producer = make_producer();
  Message message;
  message.topic = "order-a";
  message.key = "user-1";
  message.headers = {{"ce_type", "click"}, {"empty", ""}};
  message.timestamp = Millis{1'600'000'000'123};
  deliver(*producer, {message});

  Member member({"order-a", "order-b"}, "order");
  const std::vector<Record> records = read(*member.consumer, 101);
  ASSERT_EQ(records.size(), 101U);
  EXPECT_EQ(member.assigned.size(), 6U);
  std::map<TopicPartition, std::int64_t> next;
  for (const Record& record : records) {
    EXPECT_EQ(raw(record.position.offset), (next[{record.position.topic, record.position.partition}]++));
  }
  const auto tombstone = std::find_if(records.begin(), records.end(), [](const Record& r) { return !r.value; });
  ASSERT_NE(tombstone, records.end());
  EXPECT_EQ(tombstone->key, "user-1");
  EXPECT_EQ(tombstone->timestamp, Millis{1'600'000'000'123});
  EXPECT_THAT(tombstone->headers, testing::ElementsAre(Pair("ce_type", "click"), Pair("empty", "")));
  for (const auto& [partition, lag] : member.consumer->lag()) EXPECT_EQ(lag, 0);
  EXPECT_EQ(member.consumer->lag().size(), 6U);
}

TEST(KafkaConsumer, OnePollIsSortedAcrossTopics) {
  ASSERT_TRUE(broker().create_topic("sorted-a", 2).ok());
  ASSERT_TRUE(broker().create_topic("sorted-b", 2).ok());
  fill("sorted-b", 200);
  fill("sorted-a", 200);
  Member member({"sorted-a", "sorted-b"}, "sorted");
  std::size_t seen = 0;
  for (int i = 0; i < 200 && seen < 400; ++i) {
    const auto polled = member.consumer->poll(150, milliseconds(100));
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(polled->size(), 150U);
    EXPECT_TRUE(std::is_sorted(polled->begin(), polled->end(),
                               [](const Record& a, const Record& b) { return a.position < b.position; }));
    seen += polled->size();
  }
  EXPECT_EQ(seen, 400U);
}

TEST(KafkaConsumer, ResumesAtTheCommittedOffsetWithItsNote) {
  ASSERT_TRUE(broker().create_topic("resume", 1).ok());
  fill("resume", 20);
  {
    Member first({"resume"}, "resume");
    const auto records = read(*first.consumer, 8);
    ASSERT_EQ(records.size(), 8U);
    ASSERT_TRUE(first.consumer->commit_synchronously(next_offsets(records), "version 17", milliseconds(10'000)).ok());
  }
  Member second({"resume"}, "resume");
  const auto rest = read(*second.consumer, 12);
  ASSERT_EQ(rest.size(), 12U);
  EXPECT_EQ(raw(rest.front().position.offset), 8);
  EXPECT_THAT(second.notes, testing::ElementsAre("version 17"));
}

TEST(KafkaConsumer, CommitsWhileRevokedOnClose) {
  ASSERT_TRUE(broker().create_topic("revoke", 1).ok());
  fill("revoke", 5);
  Member member({"revoke"}, "revoke");
  const auto records = read(*member.consumer, 5);
  ASSERT_EQ(records.size(), 5U);
  member.commit_on_revoke = next_offsets(records);
  const TopicPartition partition{TopicIndex{0}, PartitionIndex{0}};
  EXPECT_TRUE(member.consumer->close(milliseconds(10'000)).ok());
  EXPECT_TRUE(member.last_commit && member.last_commit->ok());
  EXPECT_THAT(member.revoked, testing::ElementsAre(partition));
  EXPECT_THAT(member.consumer->assignment(), IsEmpty());
}

// The first is closed while the group waits for it to give its partitions up, which it has not looked at yet. Unlike
// Kafka the embedded broker takes no offsets meanwhile; it refuses them differently to those who are no members.
TEST(KafkaConsumer, IsAMemberStillWhenItIsClosedBeforeARevocationOnItsWay) {
  ASSERT_TRUE(broker().create_topic("waiting", 2).ok());
  fill("waiting", 5);
  Member first({"waiting"}, "waiting");
  const auto records = read(*first.consumer, 5);
  ASSERT_EQ(records.size(), 5U);
  first.commit_on_revoke = next_offsets(records);
  const Member second({"waiting"}, "waiting");
  std::this_thread::sleep_for(milliseconds(1'500));  // heartbeats
  EXPECT_TRUE(first.consumer->close(milliseconds(10'000)).ok());
  EXPECT_THAT(first.revoked, testing::SizeIs(2));
  ASSERT_TRUE(first.last_commit && !first.last_commit->ok());
  EXPECT_THAT(first.last_commit->error().message, HasSubstr("REBALANCE_IN_PROGRESS"));
}

TEST(KafkaConsumer, PausedItReturnsNothingAndLosesNothing) {
  ASSERT_TRUE(broker().create_topic("pause", 2).ok());
  fill("pause", 100);
  Member member({"pause"}, "pause");
  const auto before = read(*member.consumer, 30);
  ASSERT_TRUE(member.consumer->pause().ok());
  for (int i = 0; i < 5; ++i) {
    const auto polled = member.consumer->poll(100, milliseconds(50));
    ASSERT_TRUE(polled.ok());
    EXPECT_THAT(*polled, IsEmpty());
  }
  ASSERT_TRUE(member.consumer->resume().ok());
  const auto after = read(*member.consumer, 70);
  std::set<Position> seen;
  for (const auto* records : {&before, &after}) {
    for (const Record& record : *records) EXPECT_TRUE(seen.insert(record.position).second);
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(KafkaConsumer, ARefusedAssignmentStopsPoll) {
  ASSERT_TRUE(broker().create_topic("refused", 1).ok());
  Member member({"refused"}, "refused");
  member.refuse = true;
  Result<std::vector<Record>> polled = std::vector<Record>{};
  for (int i = 0; i < 150 && polled.ok(); ++i) polled = member.consumer->poll(10, milliseconds(100));
  ASSERT_FALSE(polled.ok());
  EXPECT_EQ(polled.error().code, ErrorCode::kGap);
  EXPECT_THAT(member.consumer->assignment(), IsEmpty());
}

TEST(KafkaConsumer, ShowsStatistics) {
  ASSERT_TRUE(broker().create_topic("statistics", 1).ok());
  Member member({"statistics"}, "statistics");
  for (int i = 0; i < 100 && member.consumer->statistics().empty(); ++i) {
    ASSERT_TRUE(member.consumer->poll(10, milliseconds(50)).ok());
  }
  EXPECT_THAT(member.consumer->statistics(), HasSubstr("\"brokers\""));
}

TEST(KafkaConsumer, NamesATopicThatDoesNotExist) {
  Member member({"no-such-topic"}, "missing");
  const auto partitions = member.consumer->partition_count(TopicIndex{0});
  ASSERT_FALSE(partitions.ok());
  EXPECT_EQ(partitions.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(partitions.error().message, HasSubstr("no-such-topic"));
  EXPECT_THAT(partitions.error().message, HasSubstr("create the topic"));
}

}  // namespace
}  // namespace millrace
