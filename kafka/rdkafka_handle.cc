// Configuration, requests and messages: the library's structures read into ours.
#include "kafka/rdkafka_handle.h"

#include <algorithm>
#include <array>
#include <future>
#include <thread>
#include <utility>

#include "core/check.h"

namespace millrace::rdkafka {
namespace {

void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const auto* context = static_cast<const ClientContext*>(rd_kafka_opaque(handle));
  if (context == nullptr || !context->log) return;
  context->log(level, std::string(facility) + ": " + text);
}

int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
  auto& context = *static_cast<ClientContext*>(opaque);
  const std::lock_guard lock(context.mutex);
  context.statistics.assign(json, size);
  return 0;  // the library frees `json`
}

Status set_property(rd_kafka_conf_t* configuration, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK)
    return Ok{};
  const std::string cause =
      is_secret_property(name) ? std::string("the value is not accepted") : std::string(text.data());
  return stop_error(ErrorCode::kInvalid, "configure the Kafka client: property " + name + ": " + cause +
                                             "; correct or remove it among the Kafka properties");
}

std::vector<std::pair<std::string, std::string>> read_headers(const rd_kafka_message_t& message) {
  std::vector<std::pair<std::string, std::string>> headers;
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    headers.emplace_back(name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size));
  }
  return headers;
}

std::optional<std::string> bytes_of(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

Record to_record(const Position& position, const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t kind{};
  Record record;
  record.position = position;
  record.timestamp = Millis{std::max<std::int64_t>(0, rd_kafka_message_timestamp(&message, &kind))};
  record.key = bytes_of(message.key, message.key_len);
  record.value = bytes_of(message.payload, message.len);
  record.headers = read_headers(message);
  return record;
}

}  // namespace

Result<Configuration> make_configuration(const ClientSettings& settings, ClientContext& context) {
  MILLRACE_RETURN_IF_ERROR(check_properties(settings.properties));
  Configuration configuration(rd_kafka_conf_new());
  MILLRACE_RETURN_IF_ERROR(set_property(configuration.get(), "bootstrap.servers", settings.bootstrap_servers));
  MILLRACE_RETURN_IF_ERROR(set_property(configuration.get(), "client.id", settings.client_id));
  for (const auto* properties : {&settings.defaults, &settings.properties, &settings.owned}) {
    for (const auto& [name, value] : *properties) {
      MILLRACE_RETURN_IF_ERROR(set_property(configuration.get(), name, value));
    }
  }
  rd_kafka_conf_set_opaque(configuration.get(), &context);
  rd_kafka_conf_set_stats_cb(configuration.get(), on_statistics);
  if (context.log) rd_kafka_conf_set_log_cb(configuration.get(), on_log);
  return configuration;
}

Result<Handle> make_handle(rd_kafka_type_t type, Configuration configuration, const std::string& bootstrap_servers) {
  std::array<char, 512> text{};
  Handle handle(rd_kafka_new(type, configuration.get(), text.data(), text.size()));
  if (handle == nullptr) {
    return stop_error(ErrorCode::kInvalid, "open a Kafka client for " + bootstrap_servers + ": " + text.data() +
                                               "; correct the Kafka properties");
  }
  static_cast<void>(configuration.release());  // the handle owns it now
  return handle;
}

void destroy_patiently(Handle handle, std::shared_ptr<ClientContext> context) {
  constexpr std::chrono::seconds kPatience{5};
  std::packaged_task<void()> destruction(
      [client = handle.release(), context = std::move(context)] { rd_kafka_destroy(client); });
  const std::future<void> done = destruction.get_future();
  std::thread thread(std::move(destruction));
  if (done.wait_for(kPatience) == std::future_status::ready) {
    thread.join();
  } else {
    thread.detach();
  }
}

std::optional<TopicIndex> find_topic(std::span<const std::string> topics, std::string_view name) {
  const auto found = std::find(topics.begin(), topics.end(), name);
  if (found == topics.end()) return std::nullopt;
  return TopicIndex{static_cast<std::uint8_t>(found - topics.begin())};
}

// Asks for all topics, because asking for one by name may create it.
Result<std::int32_t> count_partitions(rd_kafka_t* handle, const std::string& topic) {
  const std::string action = "look up topic " + topic;
  const rd_kafka_metadata_t* found = nullptr;
  const auto code = rd_kafka_metadata(handle, 1, nullptr, &found, timeout_ms(kRequestTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, action);
  const std::unique_ptr<const rd_kafka_metadata_t, Deleter<rd_kafka_metadata_destroy>> metadata(found);
  const std::span topics(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt));
  const auto entry = std::find_if(topics.begin(), topics.end(), [&](const auto& each) { return topic == each.topic; });
  if (entry == topics.end()) return to_error(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, action);
  if (entry->err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(entry->err, action);
  return static_cast<std::int32_t>(entry->partition_cnt);
}

Result<Watermarks> query_watermarks(rd_kafka_t* handle, const std::string& topic, PartitionIndex partition) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto code =
      rd_kafka_query_watermark_offsets(handle, topic.c_str(), raw(partition), &low, &high, timeout_ms(kRequestTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code,
                    "ask for the first and last offset of " + topic + " partition " + std::to_string(raw(partition)));
  }
  return Watermarks{Offset{low}, Offset{high}};
}

void MessageBatch::add(MessagePointer message) {
  const auto topic = find_topic(topics_, rd_kafka_topic_name(message->rkt));
  MILLRACE_CHECK(topic.has_value());
  bytes_ += message->len + message->key_len;
  const Position position{*topic, PartitionIndex{message->partition}, Offset{message->offset}};
  messages_.emplace_back(position, std::move(message));
}

void MessageBatch::clear() {
  messages_.clear();
  bytes_ = 0;
}

std::vector<Record> MessageBatch::take() {
  std::sort(messages_.begin(), messages_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Record> records;
  records.reserve(messages_.size());
  for (const auto& [position, message] : messages_) records.push_back(to_record(position, *message));
  clear();
  return records;
}

}  // namespace millrace::rdkafka
