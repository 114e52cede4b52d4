#include "demo/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "demo/books.h"
#include "demo/event_source.h"
#include "demo/feeder.h"
#include "kafka/client.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string list_json(const std::string& user, int version, const std::string& topic, int partition, int next) {
  return R"({"schema":1,"user":")" + user + R"(","version":)" + std::to_string(version) +
         R"(,"reflects":{"offsets":[{"topic":")" + topic + R"(","partition":)" + std::to_string(partition) +
         R"(,"next":)" + std::to_string(next) +
         R"(}]},"items":[{"item":"i7","score":1,"reason":"taste","because":"i1"}]})";
}

std::string purchase_json(const std::string& user, const std::string& item, float quantity) {
  DemoEvent event{user, item, "purchase", Millis{1}, "e", {}};
  event.quantity = quantity;
  return event_json(event);
}

class AuditorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto broker = start_embedded_broker();
    ASSERT_TRUE(broker.ok()) << broker.error().message;
    broker_ = std::move(broker).value();
    // One partition each, so that a record's offset is its place in the order of sending.
    for (const char* topic :
         {"clicks", "purchases", "ratings", "recommendations", "clicks.dlq", "purchases.dlq", "ratings.dlq"}) {
      ASSERT_TRUE(broker_->create_topic(topic, 1).ok());
    }
    ProducerOptions options;
    options.bootstrap_servers = broker_->bootstrap_servers();
    auto producer = open_producer(options);
    ASSERT_TRUE(producer.ok()) << producer.error().message;
    producer_ = std::move(producer).value();
  }

  void send(const std::string& topic, const std::string& key, const std::string& value, bool expected = true) {
    Message message;
    message.topic = topic;
    message.key = key;
    message.value = value;
    if (!expected) message.headers.emplace_back(kExpectedHeader, "late");
    ASSERT_TRUE(producer_->produce(message).ok());
  }

  std::unique_ptr<Auditor> audit() {
    EXPECT_TRUE(producer_->flush(std::chrono::seconds{10}).ok());
    auto auditor = Auditor::open({.bootstrap_servers = broker_->bootstrap_servers()});
    EXPECT_TRUE(auditor.ok()) << auditor.error().message;
    std::jthread reading([&](const std::stop_token& stop) { EXPECT_TRUE((*auditor)->read(stop).ok()); });
    std::this_thread::sleep_for(std::chrono::milliseconds{700});
    reading.request_stop();
    reading.join();
    return std::move(auditor).value();
  }

  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<Producer> producer_;
};

TEST_F(AuditorTest, AUserIsLeftBehindUntilAListReflectsTheNewestRecord) {
  send("purchases", "ann", purchase_json("ann", "i1", 1));  // offset 0
  send("purchases", "bob", purchase_json("bob", "i1", 1));  // offset 1
  send("purchases", "eve", "late", false);                  // offset 2: nothing is owed for it
  send("recommendations", "ann", list_json("ann", 3, "purchases", 0, 1));
  send("recommendations", "bob", list_json("bob", 3, "purchases", 0, 1));
  const auto auditor = audit();
  EXPECT_THAT(auditor->users_left_behind(), ElementsAre("bob"));
  EXPECT_EQ(auditor->counts().records, 3U);
  EXPECT_EQ(auditor->counts().expected, 2U);
  EXPECT_EQ(auditor->reflected(), 1U);
}

TEST_F(AuditorTest, VersionsThatGoBackAreCountedAndTheNewestListStays) {
  send("purchases", "ann", purchase_json("ann", "i1", -2));
  send("recommendations", "ann", list_json("ann", 5, "purchases", 0, 1));
  send("recommendations", "ann", list_json("ann", 4, "purchases", 0, 0));
  send("recommendations", "ann", list_json("ann", 5, "purchases", 0, 1));
  send("recommendations", "ann", "{");
  const auto auditor = audit();
  EXPECT_EQ(auditor->counts().backwards, 1U);
  EXPECT_EQ(auditor->counts().repeated, 1U);
  EXPECT_EQ(auditor->counts().unreadable, 1U);
  EXPECT_EQ(auditor->user("ann").version, 5U);
  EXPECT_THAT(auditor->users_left_behind(), IsEmpty());
  ASSERT_EQ(auditor->list_of("ann").size(), 1U);
  EXPECT_EQ(auditor->list_of("ann")[0].item, "i7");
  EXPECT_EQ(auditor->list_of("ann")[0].because, "i1");
  ASSERT_EQ(auditor->recent_of("ann").size(), 1U);
  EXPECT_EQ(auditor->recent_of("ann")[0].quantity, -2.0F);
}

TEST_F(AuditorTest, TheBooksBalanceOnlyWhenEveryLineDoes) {
  send("purchases", "ann", purchase_json("ann", "i1", 1));
  send("purchases", "bob", "{", false);
  send("purchases.dlq", "bob", "{");
  send("recommendations", "ann", list_json("ann", 1, "purchases", 0, 1));
  const auto auditor = audit();
  FeedCounts sent{};
  sent.at(raw(kPurchasesTopic)).at(static_cast<std::size_t>(Outcome::kApplied)) = 1;
  sent.at(raw(kPurchasesTopic)).at(static_cast<std::size_t>(Outcome::kDeadLetter)) = 1;
  const auto good = Samples::parse(
      "millrace_records_total{outcome=\"applied\"} 1\nmillrace_records_total{outcome=\"dead_letter\"} 1\n");
  EXPECT_TRUE(all_balance(balance(sent, good, *auditor)));
  const auto lost = Samples::parse("millrace_records_total{outcome=\"applied\"} 1\n");
  EXPECT_FALSE(all_balance(balance(sent, lost, *auditor)));
}

}  // namespace
}  // namespace millrace
