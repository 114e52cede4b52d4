#include "tests/simulation/memory_broker.h"

#include <utility>

namespace millrace::testing {

Offset MemoryBroker::append(const std::string& topic, std::int32_t partition, Record record) {
  Partition& records = topics_.at(topic).at(static_cast<std::size_t>(partition));
  record.position.partition = PartitionIndex{partition};
  record.position.offset = Offset{static_cast<std::int64_t>(records.size())};
  records.push_back(std::move(record));
  return records.back().position.offset;
}

void MemoryBroker::commit(const std::string& topic, std::int32_t partition, Offset offset,
                          const std::string& metadata) {
  if (on_group_commit) on_group_commit(topic, partition, offset);
  group_[{topic, partition}] = {offset, metadata};
}

Result<std::unique_ptr<Consumer>> MemoryBroker::open_consumer(const ConsumerOptions& options,
                                                              RebalanceListener& listener) {
  world_.crash_here();
  return make_memory_consumer(*this, options, listener);
}

Result<std::unique_ptr<Reader>> MemoryBroker::open_reader(const ReaderOptions& options) {
  world_.crash_here();
  if (auto error = world_.error_here("open a reader", {Disposition::kStop})) return *std::move(error);
  return make_memory_reader(*this, options);
}

Result<std::unique_ptr<Producer>> MemoryBroker::open_producer(const ProducerOptions&) {
  world_.crash_here();
  return make_memory_producer(*this);
}

Result<std::optional<TopicDescription>> MemoryBroker::describe_topic(const std::string&, const KafkaProperties&,
                                                                     const std::string& topic) {
  world_.crash_here();
  if (auto error = world_.error_here("describe topic " + topic, {Disposition::kStop})) return *std::move(error);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return std::optional<TopicDescription>();
  return std::optional(TopicDescription{static_cast<std::int32_t>(found->second.size()), "compact"});
}

Status MemoryBroker::create_topic(const std::string&, const KafkaProperties&, const std::string& topic,
                                  std::int32_t partitions, bool) {
  world_.crash_here();
  const auto error = world_.error_here("create topic " + topic, {Disposition::kStop});
  if (!error || world_.chance(0.5)) create(topic, partitions);
  if (error) return *error;
  return Ok{};
}

}  // namespace millrace::testing
