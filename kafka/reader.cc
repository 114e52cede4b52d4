// Reads whole topics without a group, through the library's simple consumer: all partitions feed one queue. One thread.
#include <algorithm>
#include <map>
#include <utility>

#include "kafka/rdkafka_handle.h"

namespace millrace {
namespace {

using rdkafka::MessagePointer;
using rdkafka::to_error;

class TopicReader final : public Reader {
 public:
  explicit TopicReader(const ReaderOptions& options) : options_(options), batch_(options_.topics) {
    context_.log = options.log;
  }
  ~TopicReader() override;
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  Status open();
  Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) override;
  bool at_end() const override { return behind_.empty(); }

 private:
  struct Started {
    rd_kafka_topic_t* topic;
    std::int32_t partition;
  };
  Status open_topic(TopicIndex index);
  Result<Offset> start_of(TopicPartition where);
  void take(MessagePointer message);

  ReaderOptions options_;
  rdkafka::ClientContext context_;
  rdkafka::MessageBatch batch_;
  std::map<TopicPartition, Offset> behind_;  // partitions not yet read to the high watermark seen at opening
  std::optional<Error> pending_error_;
  rdkafka::Handle handle_;
  std::vector<rdkafka::Topic> topics_;
  rdkafka::Queue queue_;
  std::vector<Started> started_;
};

Status TopicReader::open() {
  const KafkaProperties defaults{{"fetch.wait.max.ms", "10"}};
  const KafkaProperties owned{
      {"enable.auto.commit", "false"},
      {"auto.offset.reset", "error"},
      {"check.crcs", "true"},
      {"enable.partition.eof", "true"},  // the end of a compacted or transactional topic carries no record of its own
      {"queued.max.messages.kbytes", std::to_string(std::max<std::uint64_t>(options_.queue_bytes >> 10, 1))}};
  auto configuration = rdkafka::make_configuration(
      {options_.bootstrap_servers, options_.client_id, options_.properties, defaults, owned}, context_);
  if (!configuration.ok()) return std::move(configuration).error();
  MILLRACE_ASSIGN_OR_RETURN(
      handle_, rdkafka::make_handle(RD_KAFKA_CONSUMER, std::move(*configuration), options_.bootstrap_servers));
  queue_.reset(rd_kafka_queue_new(handle_.get()));
  for (std::size_t i = 0; i < options_.topics.size(); ++i) {
    MILLRACE_RETURN_IF_ERROR(open_topic(TopicIndex{static_cast<std::uint8_t>(i)}));
  }
  return Ok{};
}

Status TopicReader::open_topic(TopicIndex index) {
  const std::string& name = options_.topics.at(raw(index));
  MILLRACE_ASSIGN_OR_RETURN(const std::int32_t partitions, rdkafka::count_partitions(handle_.get(), name));
  topics_.emplace_back(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    MILLRACE_ASSIGN_OR_RETURN(const Offset start, start_of({index, PartitionIndex{partition}}));
    if (rd_kafka_consume_start_queue(topics_.back().get(), partition, raw(start), queue_.get()) != 0) {
      return to_error(rd_kafka_last_error(), "start reading " + name + " partition " + std::to_string(partition));
    }
    started_.push_back({topics_.back().get(), partition});
  }
  return Ok{};
}

// Also notes how far it is to the end.
Result<Offset> TopicReader::start_of(TopicPartition where) {
  MILLRACE_ASSIGN_OR_RETURN(
      const Watermarks marks,
      rdkafka::query_watermarks(handle_.get(), options_.topics.at(raw(where.topic)), where.partition));
  Offset start = marks.low;
  for (const TopicPartitionOffset& wanted : options_.start) {
    if (wanted.where == where && wanted.offset >= marks.low && wanted.offset <= marks.high) start = wanted.offset;
  }
  if (start < marks.high) behind_[where] = marks.high;
  return start;
}

Result<std::vector<Record>> TopicReader::poll(std::size_t max_records, std::chrono::milliseconds timeout) {
  rd_kafka_poll(handle_.get(), 0);
  int wait_ms = rdkafka::timeout_ms(timeout);
  while (!pending_error_ && batch_.size() < max_records && batch_.bytes() < options_.poll_bytes_max) {
    MessagePointer message(rd_kafka_consume_queue(queue_.get(), wait_ms));
    if (message == nullptr) break;
    take(std::move(message));
    wait_ms = 0;
  }
  if (pending_error_ && batch_.size() == 0) return *std::exchange(pending_error_, std::nullopt);
  return batch_.take();
}

void TopicReader::take(MessagePointer message) {
  const std::string_view name = message->rkt == nullptr ? "" : rd_kafka_topic_name(message->rkt);
  const auto topic = rdkafka::find_topic(options_.topics, name);
  const bool eof = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
  if (!topic || (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !eof)) {
    pending_error_ = to_error(message->err, "read topic " + std::string(name), rd_kafka_message_errstr(message.get()));
    return;
  }
  const auto behind = behind_.find({*topic, PartitionIndex{message->partition}});
  if (behind != behind_.end() && (eof || message->offset + 1 >= raw(behind->second))) behind_.erase(behind);
  if (!eof) batch_.add(std::move(message));
}

TopicReader::~TopicReader() {
  batch_.clear();
  for (const Started& entry : started_) rd_kafka_consume_stop(entry.topic, entry.partition);
}

}  // namespace

Result<std::unique_ptr<Reader>> open_reader(const ReaderOptions& options) {
  auto reader = std::make_unique<TopicReader>(options);
  MILLRACE_RETURN_IF_ERROR(reader->open());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace millrace
