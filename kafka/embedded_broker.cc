// librdkafka's mock cluster as a broker of our own: one broker on a loopback port that any client can reach. It keeps
// about 5 MiB a partition and silently drops the oldest beyond, so a feeder must not run far ahead of the readers.
#include "kafka/rdkafka_handle.h"

// clang-format off: needs rdkafka.h before it
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include <utility>

namespace millrace {
namespace {

using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, rdkafka::Deleter<rd_kafka_mock_cluster_destroy>>;

class MockBroker final : public EmbeddedBroker {
 public:
  Status open() {
    const std::string nowhere = "127.0.0.1:1";  // the owning client never connects
    auto configuration =
        rdkafka::make_configuration({nowhere, "millrace-broker", {}, {}, {{"log_level", "2"}}}, context_);
    if (!configuration.ok()) return std::move(configuration).error();
    MILLRACE_ASSIGN_OR_RETURN(handle_, rdkafka::make_handle(RD_KAFKA_PRODUCER, std::move(*configuration), nowhere));
    cluster_.reset(rd_kafka_mock_cluster_new(handle_.get(), 1));
    if (cluster_ == nullptr) {
      return stop_error(ErrorCode::kIo,
                        "start the embedded broker: no loopback port could be opened; check the open files limit");
    }
    return Ok{};
  }

  std::string bootstrap_servers() const override { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  Status create_topic(const std::string& topic, std::int32_t partitions) override {
    const auto code = rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return rdkafka::to_error(code, "create topic " + topic + " on the embedded broker");
    return Ok{};
  }

 private:
  rdkafka::ClientContext context_;
  rdkafka::Handle handle_;
  Cluster cluster_;
};

}  // namespace

Result<std::unique_ptr<EmbeddedBroker>> start_embedded_broker() {
  auto broker = std::make_unique<MockBroker>();
  MILLRACE_RETURN_IF_ERROR(broker->open());
  return std::unique_ptr<EmbeddedBroker>(std::move(broker));
}

}  // namespace millrace
