// Kafka in memory behind the interface that the pipeline opens its clients with, as unkind as the real one may be:
// answers that fail after they took effect, deliveries reported late, in another order or as failed although written,
// rebalances at any poll, offsets that reach the group later than asked or never. What it promises is what Kafka does:
// records in order and unchanged, and a commit applied whole or not at all.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka/client.h"
#include "tests/simulation/world.h"

namespace millrace::testing {

class MemoryBroker final : public KafkaClients {
 public:
  explicit MemoryBroker(World& world) : world_(world) {}

  // For the test: topics, what they hold, and what the group has committed.
  void create(const std::string& topic, std::int32_t partitions) { topics_[topic].resize(partitions); }
  // Appends and returns the offset. Its position is set but for the topic.
  Offset append(const std::string& topic, std::int32_t partition, Record record);
  using Partition = std::vector<Record>;
  const std::vector<Partition>& partitions(const std::string& topic) const { return topics_.at(topic); }
  struct Committed {
    Offset offset{};
    std::string metadata;
  };
  using GroupOffsets = std::map<std::pair<std::string, std::int32_t>, Committed>;
  const GroupOffsets& group() const { return group_; }
  // What producers wrote, in the order in which consumers see it.
  const std::vector<Message>& written() const { return written_; }
  // Called before a commit takes effect.
  std::function<void(const std::string& topic, std::int32_t partition, Offset)> on_group_commit;
  // Called with every message that a producer is handed.
  std::function<void(const Message&)> on_produce;
  std::uint64_t rebalances = 0;

  // For the pipeline.
  Result<std::unique_ptr<Consumer>> open_consumer(const ConsumerOptions& options, RebalanceListener& listener) override;
  Result<std::unique_ptr<Reader>> open_reader(const ReaderOptions& options) override;
  Result<std::unique_ptr<Producer>> open_producer(const ProducerOptions& options) override;
  Result<std::optional<TopicDescription>> describe_topic(const std::string& bootstrap_servers,
                                                         const KafkaProperties& properties,
                                                         const std::string& topic) override;
  Status create_topic(const std::string& bootstrap_servers, const KafkaProperties& properties, const std::string& topic,
                      std::int32_t partitions, bool compacted) override;

  // For its clients.
  World& world() { return world_; }
  void write(const Message& message) { written_.push_back(message); }
  void commit(const std::string& topic, std::int32_t partition, Offset offset, const std::string& metadata);

 private:
  World& world_;
  std::map<std::string, std::vector<Partition>> topics_;
  GroupOffsets group_;
  std::vector<Message> written_;
};

// By the files that implement them.
std::unique_ptr<Consumer> make_memory_consumer(MemoryBroker& broker, const ConsumerOptions& options,
                                               RebalanceListener& listener);
std::unique_ptr<Reader> make_memory_reader(MemoryBroker& broker, const ReaderOptions& options);
std::unique_ptr<Producer> make_memory_producer(MemoryBroker& broker);

}  // namespace millrace::testing
