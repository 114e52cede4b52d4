// Looking at a consumer group without joining it.
#include "kafka/rdkafka_handle.h"

namespace millrace {
namespace {

using rdkafka::Handle;
using rdkafka::to_error;

// A handle with the group's name that never subscribes, so that no member notices.
Result<Handle> open_observer(const std::string& bootstrap_servers, const KafkaProperties& properties,
                             const std::string& group, rdkafka::ClientContext& context) {
  context.log = [](int, std::string_view) {};  // whatever is wrong comes back as an error
  auto configuration = rdkafka::make_configuration(
      {bootstrap_servers, "millrace-admin", properties, {}, {{"group.id", group}}}, context);
  if (!configuration.ok()) return std::move(configuration).error();
  return rdkafka::make_handle(RD_KAFKA_CONSUMER, std::move(*configuration), bootstrap_servers);
}

Result<GroupOffset> committed(rd_kafka_t* handle, const std::string& group, const std::string& topic,
                              PartitionIndex partition) {
  const std::string action = "ask for the committed offsets of group " + group;
  const rdkafka::PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), raw(partition));
  const auto code = rd_kafka_committed(handle, list.get(), rdkafka::timeout_ms(rdkafka::kRequestTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, action);
  const rd_kafka_topic_partition_t& entry = list->elems[0];
  if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(entry.err, action);
  GroupOffset offset;
  if (entry.offset >= 0) offset.offset = Offset{entry.offset};
  if (entry.metadata != nullptr) offset.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
  return offset;
}

}  // namespace

Result<std::vector<GroupPartition>> describe_group(const std::string& bootstrap_servers,
                                                   const KafkaProperties& properties, const std::string& group,
                                                   std::span<const std::string> topics) {
  rdkafka::ClientContext context;
  MILLRACE_ASSIGN_OR_RETURN(const Handle handle, open_observer(bootstrap_servers, properties, group, context));
  std::vector<GroupPartition> partitions;
  for (std::size_t topic = 0; topic < topics.size(); ++topic) {
    MILLRACE_ASSIGN_OR_RETURN(const std::int32_t count, rdkafka::count_partitions(handle.get(), topics[topic]));
    for (std::int32_t number = 0; number < count; ++number) {
      const PartitionIndex partition{number};
      MILLRACE_ASSIGN_OR_RETURN(GroupOffset offset, committed(handle.get(), group, topics[topic], partition));
      MILLRACE_ASSIGN_OR_RETURN(const Watermarks marks,
                                rdkafka::query_watermarks(handle.get(), topics[topic], partition));
      partitions.push_back({{TopicIndex{static_cast<std::uint8_t>(topic)}, partition}, std::move(offset), marks});
    }
  }
  return partitions;
}

}  // namespace millrace
