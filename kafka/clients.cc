// librdkafka's clients behind one interface.
#include "kafka/client.h"

namespace millrace {
namespace {

class RdkafkaClients final : public KafkaClients {
 public:
  Result<std::unique_ptr<Consumer>> open_consumer(const ConsumerOptions& options,
                                                  RebalanceListener& listener) override {
    return millrace::open_consumer(options, listener);
  }
  Result<std::unique_ptr<Reader>> open_reader(const ReaderOptions& options) override {
    return millrace::open_reader(options);
  }
  Result<std::unique_ptr<Producer>> open_producer(const ProducerOptions& options) override {
    return millrace::open_producer(options);
  }
  Result<std::optional<TopicDescription>> describe_topic(const std::string& bootstrap_servers,
                                                         const KafkaProperties& properties,
                                                         const std::string& topic) override {
    return millrace::describe_topic(bootstrap_servers, properties, topic);
  }
  Status create_topic(const std::string& bootstrap_servers, const KafkaProperties& properties, const std::string& topic,
                      std::int32_t partitions, bool compacted) override {
    return millrace::create_topic(bootstrap_servers, properties, topic, partitions, compacted);
  }
};

}  // namespace

KafkaClients& rdkafka_clients() {
  static RdkafkaClients clients;
  return clients;
}

}  // namespace millrace
