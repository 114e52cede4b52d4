// Looking at topics and creating them. Each call opens a client of its own; used at start-up only.
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "kafka/rdkafka_handle.h"

namespace millrace {
namespace {

using rdkafka::Answer;
using rdkafka::Deleter;
using rdkafka::Handle;
using rdkafka::to_error;

constexpr std::chrono::milliseconds kKnownPause{20};
// Before it the client repeats its nonce, which brokers refuse since Kafka 4.
constexpr int kFirstWithScram = 0x020601ff;

struct AdminContext : rdkafka::ClientContext {
  std::optional<Error> refused;  // by TLS or SASL: a request only says that it was not answered
};

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  Error error = to_error(static_cast<rd_kafka_resp_err_t>(code), "connect to the brokers", reason);
  if (error.code != ErrorCode::kInvalid) return;
  if (std::strstr(reason, "SCRAM") != nullptr && rd_kafka_version() < kFirstWithScram) {
    error.message += "; SCRAM with Kafka 4 needs librdkafka 2.6.1 or newer, this is " +
                     std::string(rd_kafka_version_str()) +
                     ": use PLAIN over TLS or client certificates, or a newer library";
  }
  static_cast<AdminContext*>(static_cast<rdkafka::ClientContext*>(opaque))->refused = std::move(error);
}

// The refusal where there was one, else the error that came of it.
Error cause_of(rd_kafka_t* handle, const AdminContext& context, Error error) {
  rd_kafka_poll(handle, 0);  // calls on_error
  return context.refused.value_or(std::move(error));
}

// A consumer's handle, because a producer's look-up would create the topic.
Result<Handle> open_admin(const std::string& bootstrap_servers, const KafkaProperties& properties,
                          AdminContext& context) {
  context.log = [](int, std::string_view) {};  // whatever is wrong comes back as an error
  auto configuration = rdkafka::make_configuration({bootstrap_servers, "millrace-admin", properties, {}, {}}, context);
  if (!configuration.ok()) return std::move(configuration).error();
  rd_kafka_conf_set_error_cb(configuration->get(), on_error);
  return rdkafka::make_handle(RD_KAFKA_CONSUMER, std::move(*configuration), bootstrap_servers);
}

// Whether it is librdkafka's mock cluster, which would leave administrative requests unanswered: it names no
// controller.
bool is_embedded(rd_kafka_t* handle) {
  const std::unique_ptr<char, decltype([](char* text) { std::free(text); })> id(
      rd_kafka_clusterid(handle, rdkafka::timeout_ms(rdkafka::kRequestTimeout)));
  return id != nullptr && std::string_view(id.get()).starts_with("mockCluster");
}

// Waits for the answer of an administrative request.
Result<Answer> wait_for(rd_kafka_queue_t* queue, const std::string& action) {
  Answer event(rd_kafka_queue_poll(queue, rdkafka::timeout_ms(2 * rdkafka::kRequestTimeout)));
  if (event == nullptr) return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, action);
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, action, rd_kafka_event_error_string(event.get()));
  return event;
}

// The controller answers before every broker knows of the new topic; until then, asking for it finds none.
Status wait_until_known(rd_kafka_t* handle, const std::string& topic) {
  const auto deadline = std::chrono::steady_clock::now() + rdkafka::kRequestTimeout;
  while (true) {
    const auto partitions = rdkafka::count_partitions(handle, topic);
    if (partitions.ok()) return Ok{};
    if (partitions.error().code != ErrorCode::kNotFound || std::chrono::steady_clock::now() > deadline) {
      return partitions.error();
    }
    std::this_thread::sleep_for(kKnownPause);
  }
}

std::string find_entry(const rd_kafka_ConfigResource_t* resource, const char* name) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (std::strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) != 0) continue;
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    return value == nullptr ? "" : value;
  }
  return "";
}

// Empty where the broker cannot say.
Result<std::string> cleanup_policy(rd_kafka_t* handle, const std::string& topic) {
  if (is_embedded(handle)) return std::string();
  const std::string action = "ask for the configuration of topic " + topic;
  const std::unique_ptr<rd_kafka_ConfigResource_t, Deleter<rd_kafka_ConfigResource_destroy>> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const rdkafka::Queue queue(rd_kafka_queue_new(handle));
  rd_kafka_ConfigResource_t* pointer = resource.get();
  rd_kafka_DescribeConfigs(handle, &pointer, 1, nullptr, queue.get());
  MILLRACE_ASSIGN_OR_RETURN(const Answer event, wait_for(queue.get(), action));
  std::size_t count = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  if (count != 1) return to_error(RD_KAFKA_RESP_ERR__BAD_MSG, action);
  const auto code = rd_kafka_ConfigResource_error(resources[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_error(code, action, rd_kafka_ConfigResource_error_string(resources[0]));
  return find_entry(resources[0], "cleanup.policy");
}

}  // namespace

Result<std::optional<TopicDescription>> describe_topic(const std::string& bootstrap_servers,
                                                       const KafkaProperties& properties, const std::string& topic) {
  AdminContext context;
  MILLRACE_ASSIGN_OR_RETURN(const Handle handle, open_admin(bootstrap_servers, properties, context));
  auto partitions = rdkafka::count_partitions(handle.get(), topic);
  if (!partitions.ok()) {
    if (partitions.error().code == ErrorCode::kNotFound) return std::optional<TopicDescription>();
    return cause_of(handle.get(), context, std::move(partitions).error());
  }
  MILLRACE_ASSIGN_OR_RETURN(std::string policy, cleanup_policy(handle.get(), topic));
  return std::optional<TopicDescription>(TopicDescription{*partitions, std::move(policy)});
}

Status create_topic(const std::string& bootstrap_servers, const KafkaProperties& properties, const std::string& topic,
                    std::int32_t partitions, bool compacted) {
  const std::string action = "create topic " + topic;
  AdminContext context;
  MILLRACE_ASSIGN_OR_RETURN(const Handle handle, open_admin(bootstrap_servers, properties, context));
  std::array<char, 256> text{};
  const int broker_default = -1;  // replication factor
  const std::unique_ptr<rd_kafka_NewTopic_t, Deleter<rd_kafka_NewTopic_destroy>> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, broker_default, text.data(), text.size()));
  if (wanted == nullptr) return stop_error(ErrorCode::kInvalid, action + ": " + text.data() + "; correct the name");
  if (compacted) rd_kafka_NewTopic_set_config(wanted.get(), "cleanup.policy", "compact");
  if (is_embedded(handle.get())) return to_error(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, action);
  const rdkafka::Queue queue(rd_kafka_queue_new(handle.get()));
  rd_kafka_NewTopic_t* pointer = wanted.get();
  rd_kafka_CreateTopics(handle.get(), &pointer, 1, nullptr, queue.get());
  MILLRACE_ASSIGN_OR_RETURN(const Answer event, wait_for(queue.get(), action));
  std::size_t count = 0;
  const auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  if (count != 1) return to_error(RD_KAFKA_RESP_ERR__BAD_MSG, action);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return wait_until_known(handle.get(), topic);
  }
  const char* detail = rd_kafka_topic_result_error_string(results[0]);
  return to_error(code, action, detail == nullptr ? "" : detail);
}

}  // namespace millrace
