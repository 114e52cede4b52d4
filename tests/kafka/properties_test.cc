#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/client.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(KafkaProperties, PassThroughWhatTheServiceDoesNotOwn) {
  EXPECT_TRUE(check_properties({{"security.protocol", "SASL_SSL"},
                                {"sasl.username", "shop"},
                                {"sasl.password", "hush"},
                                {"max.poll.interval.ms", "600000"},
                                {"fetch.wait.max.ms", "50"}})
                  .ok());
}

TEST(KafkaProperties, RefuseOwnedOnesAndTheirAliasesNamingTheSetting) {
  const std::vector<std::pair<std::string, std::string>> cases{{"group.id", "kafka.group"},
                                                               {"metadata.broker.list", "kafka.bootstrap_servers"},
                                                               {"enable.auto.commit", "kafka.commit_interval"},
                                                               {"auto.commit.enable", "kafka.commit_interval"},
                                                               {"topic.auto.offset.reset", "kafka.start"},
                                                               {"queue.buffering.max.ms", "kafka.linger"},
                                                               {"message.timeout.ms", "kafka.delivery_timeout"},
                                                               {"partition.assignment.strategy", "cannot be changed"},
                                                               {"request.required.acks", "cannot be changed"}};
  for (const auto& [name, setting] : cases) {
    const Status status = check_properties({{name, "x"}});
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(status.error().message, HasSubstr(name));
    EXPECT_THAT(status.error().message, HasSubstr(setting));
  }
}

TEST(KafkaProperties, KnowWhichValuesAreSecret) {
  for (const char* name : {"sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem",
                           "sasl.oauthbearer.client.secret"}) {
    EXPECT_TRUE(is_secret_property(name)) << name;
  }
  EXPECT_FALSE(is_secret_property("sasl.username"));
  EXPECT_FALSE(is_secret_property("ssl.ca.location"));
}

TEST(KafkaProperties, AWrongOneIsNamedWhenAClientIsOpened) {
  ProducerOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.properties = {{"no.such.property", "1"}};
  const auto producer = open_producer(options);
  ASSERT_FALSE(producer.ok());
  EXPECT_EQ(producer.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(producer.error().message, HasSubstr("no.such.property"));
}

TEST(KafkaProperties, ASecretNeverShowsInAMessage) {
  ProducerOptions options;
  options.bootstrap_servers = "127.0.0.1:1";
  options.properties = {{"security.protocol", "ssl"}, {"ssl.key.pem", "hush-hush"}};
  const auto producer = open_producer(options);
  ASSERT_FALSE(producer.ok());
  EXPECT_THAT(producer.error().message, Not(HasSubstr("hush-hush")));
}

}  // namespace
}  // namespace millrace
