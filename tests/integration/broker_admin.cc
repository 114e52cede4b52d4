#include "tests/integration/broker_admin.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "kafka/rdkafka_handle.h"

namespace millrace::testing {
namespace {

using rdkafka::Deleter;

constexpr int kAnswerMs = 30'000;

using Ask = std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>;

void administer(const std::string& bootstrap, const char* what, const Ask& ask) {
  rdkafka::ClientContext context;
  context.log = [](int, std::string_view) {};
  auto configuration = rdkafka::make_configuration({bootstrap, "test-admin", {}, {}, {}}, context);
  ASSERT_TRUE(configuration.ok());
  const auto handle = rdkafka::make_handle(RD_KAFKA_PRODUCER, std::move(*configuration), bootstrap);
  ASSERT_TRUE(handle.ok());
  const rdkafka::Queue queue(rd_kafka_queue_new(handle->get()));
  ask(handle->get(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>> event(
      rd_kafka_queue_poll(queue.get(), kAnswerMs));
  ASSERT_NE(event, nullptr) << what << ": no answer";
  EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
      << what << ": " << rd_kafka_event_error_string(event.get());
}

using Acl = std::unique_ptr<rd_kafka_AclBinding_t, Deleter<rd_kafka_AclBinding_destroy>>;

}  // namespace

void delete_topic(const std::string& bootstrap, const std::string& topic) {
  administer(bootstrap, "delete topic", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(handle, &request, 1, nullptr, queue);
    rd_kafka_DeleteTopic_destroy(request);
  });
}

void delete_records(const std::string& bootstrap, const std::string& topic, std::int32_t partitions,
                    std::int64_t offset) {
  administer(bootstrap, "delete records", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(partitions);
    for (std::int32_t i = 0; i < partitions; ++i) {
      rd_kafka_topic_partition_list_add(offsets, topic.c_str(), i)->offset = offset;
    }
    rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(offsets);
    rd_kafka_topic_partition_list_destroy(offsets);
    rd_kafka_DeleteRecords(handle, &request, 1, nullptr, queue);
    rd_kafka_DeleteRecords_destroy(request);
  });
}

void add_partitions(const std::string& bootstrap, const std::string& topic, std::int32_t total) {
  administer(bootstrap, "add partitions", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    std::array<char, 256> text{};
    rd_kafka_NewPartitions_t* request =
        rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(total), text.data(), text.size());
    ASSERT_NE(request, nullptr) << text.data();
    rd_kafka_CreatePartitions(handle, &request, 1, nullptr, queue);
    rd_kafka_NewPartitions_destroy(request);
  });
}

void set_topic(const std::string& bootstrap, const std::string& topic,
               const std::vector<std::pair<std::string, std::string>>& settings) {
  administer(bootstrap, "configure topic", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    rd_kafka_ConfigResource_t* request = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    for (const auto& [name, value] : settings) {
      rd_kafka_ConfigResource_set_config(request, name.c_str(), value.c_str());
    }
    rd_kafka_AlterConfigs(handle, &request, 1, nullptr, queue);
    rd_kafka_ConfigResource_destroy(request);
  });
}

void deny(const std::string& bootstrap, const std::string& topic, const std::string& user) {
  administer(bootstrap, "deny", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    std::array<char, 256> text{};
    const Acl acl(rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                                          ("User:" + user).c_str(), "*", RD_KAFKA_ACL_OPERATION_ALL,
                                          RD_KAFKA_ACL_PERMISSION_TYPE_DENY, text.data(), text.size()));
    ASSERT_NE(acl, nullptr) << text.data();
    rd_kafka_AclBinding_t* request = acl.get();
    rd_kafka_CreateAcls(handle, &request, 1, nullptr, queue);
  });
}

void allow_again(const std::string& bootstrap, const std::string& topic, const std::string& user) {
  administer(bootstrap, "allow again", [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
    std::array<char, 256> text{};
    const Acl acl(rd_kafka_AclBindingFilter_new(
        RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL, ("User:" + user).c_str(), "*",
        RD_KAFKA_ACL_OPERATION_ALL, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, text.data(), text.size()));
    ASSERT_NE(acl, nullptr) << text.data();
    rd_kafka_AclBindingFilter_t* request = acl.get();
    rd_kafka_DeleteAcls(handle, &request, 1, nullptr, queue);
  });
}

}  // namespace millrace::testing
