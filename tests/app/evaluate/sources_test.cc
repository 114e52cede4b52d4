// Streams out of a state directory's example log and out of live topics are the streams that went in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/evaluate/state_source.h"
#include "app/evaluate/topic_source.h"
#include "store/memory_store.h"
#include "tests/app/evaluate/fixture.h"
#include "tests/kafka/broker_fixture.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::options_with;
using testing::run;
using testing::small_step_options;
using testing::step_input;
using testing::walk_events;

// The service's log, evaluated, gives to the last digit what the events themselves give.
TEST(StateSource, IsTheStreamThatTheServiceLearnt) {
  const std::vector<Event> events = walk_events(500, 5);
  StepOptions step = small_step_options();
  step.model.families = {"related", "popular", "ratings"};
  const auto store = make_memory_store();
  auto service = Step::open(step, *store);
  ASSERT_TRUE(service.ok());
  for (std::size_t at = 0; at < events.size(); at += 50) {
    WriteBatch batch;
    ASSERT_TRUE((*service)->run(step_input(1 + at / 50, std::span(events).subspan(at, 50)), batch).ok());
    ASSERT_TRUE(store->commit(batch).ok());
  }
  auto logged = read_example_log(step.features, *store);
  ASSERT_TRUE(logged.ok()) << logged.error().message;
  EXPECT_EQ(logged->events.size(), 500U);
  EvaluateOptions options = options_with({"related", "popular", "ratings"});
  options.batch = 32;
  options.protocol.at = {5, 10};
  const ReportRow from_log = run(options, std::move(*logged)).served;
  const ReportRow from_events = run(options, {"walk", events, {}}).served;
  ASSERT_EQ(from_log.values.size(), from_events.values.size());
  for (const auto& [name, value] : from_events.values) {
    // Diversity is estimated from users' names, which the log does not keep.
    EXPECT_NEAR(testing::value_of(from_log, name), value, name.starts_with("diversity") ? 0.05 : 0.0) << name;
  }
}

TEST(StateSource, RefusesWhatItCannotRead) {
  const auto store = make_memory_store();
  EXPECT_THAT(read_example_log(small_step_options().features, *store).error().message, HasSubstr("it is empty"));
  auto service = Step::open(small_step_options(), *store);
  WriteBatch batch;
  ASSERT_TRUE((*service)->run(step_input(1, walk_events(50, 5)), batch).ok());
  ASSERT_TRUE(store->commit(batch).ok());
  FeatureOptions other = small_step_options().features;
  other.kinds = KindTable(
      {{"click", Signal::kPurchase, 1.0F}, {"purchase", Signal::kClick, 3.0F}, {"rating", Signal::kRating, 1.0F}});
  EXPECT_THAT(read_example_log(other, *store).error().message, HasSubstr("which [[kinds]] has not or means otherwise"));
}

class TopicSourceTest : public ::testing::Test {
 protected:
  // Eight clicks, one a second from `start`, the fourth of them broken.
  void produce(const std::string& topic) {
    ASSERT_TRUE(broker().create_topic(topic, 1).ok());
    const auto producer = make_producer();
    std::vector<Message> messages;
    for (int i = 0; i < 8; ++i) {
      Message message;
      message.topic = topic;
      message.key = "u" + std::to_string(i);
      message.timestamp = Millis{kStart.count + i * 1000};
      message.value = i == 3 ? "{"
                             : R"({"user_id":"u)" + std::to_string(i) + R"(","item_id":"i)" + std::to_string(i) +
                                   R"(","event_type":"click","event_time":)" +
                                   std::to_string(message.timestamp->count) + "}";
      messages.push_back(std::move(message));
    }
    deliver(*producer, messages);
  }
  TopicSourceOptions options_of(const std::string& topic) {
    TopicSourceOptions options;
    options.reader.bootstrap_servers = broker().bootstrap_servers();
    options.ingest.kinds = testing::test_kinds();
    options.ingest.topics = {{"another", {}}, {topic, {}}};
    options.topics = {topic};
    return options;
  }
  static std::string items(const TopicStream& stream) {
    std::string all;
    for (const Event& event : stream.stream.events) all += event.item.bytes;
    return all;
  }
  static constexpr Millis kStart{1'714'550'400'000};  // 2024-05-01T08:00:00Z
};

TEST_F(TopicSourceTest, ReadsWhatTheTopicHolds) {
  produce("range-all");
  const auto read = read_topics(options_of("range-all"), rdkafka_clients());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(items(*read), "i0i1i2i4i5i6i7");
  EXPECT_EQ(read->outcomes[static_cast<std::size_t>(Outcome::kApplied)], 7U);
  EXPECT_EQ(read->outcomes[static_cast<std::size_t>(Outcome::kDeadLetter)], 1U);
}

TEST_F(TopicSourceTest, ReadsARangeOfOffsetsOrTimes) {
  produce("range-part");
  TopicSourceOptions options = options_of("range-part");
  options.from = *parse_range_end("--from", "2");
  options.to = *parse_range_end("--to", "6");
  auto read = read_topics(options, rdkafka_clients());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(items(*read), "i2i4i5");
  options.from = *parse_range_end("--from", "2024-05-01T08:00:04Z");
  options.to = *parse_range_end("--to", "2024-05-01T10:00:07+02:00");
  read = read_topics(options, rdkafka_clients());
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(items(*read), "i4i5i6");
}

TEST_F(TopicSourceTest, RefusesTopicsThatItCannotMapOrFind) {
  TopicSourceOptions options = options_of("range-none");
  EXPECT_THAT(read_topics(options, rdkafka_clients()).error().message, HasSubstr("the broker has no such topic"));
  options.topics = {"nobodys"};
  EXPECT_THAT(read_topics(options, rdkafka_clients()).error().message, HasSubstr("no [[ingest.topics]] has that name"));
  EXPECT_THAT(parse_range_end("--from", "yesterday").error().message,
              HasSubstr("reading --from: found \"yesterday\", expected an offset"));
  EXPECT_EQ(parse_range_end("--to", "2024-05-01")->time, Millis{1'714'521'600'000});
}

}  // namespace
}  // namespace millrace
