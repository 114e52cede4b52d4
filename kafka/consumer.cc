// A member of a consumer group. One thread: callbacks come from within poll() and close().
//
// Records are taken one by one: the library's batch calls may lose records when they race with a rebalance or a pause.
#include <algorithm>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "kafka/rdkafka_handle.h"

namespace millrace {
namespace {

using rdkafka::Answer;
using rdkafka::MessagePointer;
using rdkafka::PartitionList;
using rdkafka::Queue;
using rdkafka::to_error;

class GroupConsumer final : public Consumer {
 public:
  GroupConsumer(const ConsumerOptions& options, RebalanceListener& listener)
      : options_(options), listener_(listener), batch_(options_.topics) {
    context_->consumer = this;
    context_->log = options.log;
  }
  ~GroupConsumer() override {
    static_cast<void>(close(rdkafka::kRequestTimeout));
    if (handle_ != nullptr) rdkafka::destroy_patiently(std::move(handle_), std::move(context_));
  }
  GroupConsumer(const GroupConsumer&) = delete;
  GroupConsumer& operator=(const GroupConsumer&) = delete;

  Status open();

  Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) override;
  Status pause() override;
  Status resume() override;
  Status commit(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) override;
  Status commit_synchronously(std::span<const TopicPartitionOffset> offsets, const std::string& metadata,
                              std::chrono::milliseconds timeout) override;
  Result<std::vector<GroupOffset>> committed(std::span<const TopicPartition> partitions) override;
  Result<Watermarks> watermarks(TopicPartition partition) override {
    return rdkafka::query_watermarks(handle_.get(), topic_name(partition.topic), partition.partition);
  }
  std::vector<TopicPartition> assignment() const override { return assignment_; }
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() const override;
  Result<std::int32_t> partition_count(TopicIndex topic) override {
    return rdkafka::count_partitions(handle_.get(), topic_name(topic));
  }
  std::string statistics() const override { return context_->newest_statistics(); }
  Status close(std::chrono::milliseconds timeout) override;

 private:
  struct Context : rdkafka::ClientContext {
    std::recursive_mutex owner;
    GroupConsumer* consumer = nullptr;  // none once it has been given up to close it
  };

  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                           void* opaque);
  static void on_commit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets, void* opaque);

  const std::string& topic_name(TopicIndex topic) const { return options_.topics.at(raw(topic)); }
  PartitionList to_list(std::span<const TopicPartition> partitions) const;
  PartitionList to_list(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) const;
  void take(MessagePointer message);
  bool assigned(const rd_kafka_topic_partition_list_t& partitions);
  void revoked();
  void serve_callbacks(std::chrono::steady_clock::time_point deadline);
  void fail(Error error) {
    if (!pending_error_) pending_error_ = std::move(error);
  }

  ConsumerOptions options_;
  RebalanceListener& listener_;
  std::shared_ptr<Context> context_ = std::make_shared<Context>();
  rdkafka::MessageBatch batch_;
  std::vector<TopicPartition> assignment_;  // sorted
  std::map<TopicPartition, Offset> next_;   // after the last record returned
  std::optional<Error> pending_error_;      // for the next poll()
  std::optional<Error> commit_error_;       // of an asynchronous commit, for the next one
  bool paused_ = false;
  bool open_ = false;
  rdkafka::Handle handle_;
};

KafkaProperties default_properties(const ConsumerOptions& options) {
  // The wait bounds the latency of a record that arrives while a fetch is open.
  return {{"fetch.wait.max.ms", "10"},
          {"fetch.max.bytes", std::to_string(std::max<std::uint64_t>(options.queue_bytes / 2, 4U << 20))}};
}

KafkaProperties owned_properties(const ConsumerOptions& options) {
  KafkaProperties owned{
      {"group.id", options.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"partition.assignment.strategy", "range"},
      {"check.crcs", "true"},
      {"queued.max.messages.kbytes", std::to_string(std::max<std::uint64_t>(options.queue_bytes >> 10, 1))},
      {"statistics.interval.ms", std::to_string(options.statistics_interval.count())}};
  if (!options.instance_id.empty()) owned.emplace_back("group.instance.id", options.instance_id);
  return owned;
}

Status GroupConsumer::open() {
  auto configuration = rdkafka::make_configuration({options_.bootstrap_servers, options_.client_id, options_.properties,
                                                    default_properties(options_), owned_properties(options_)},
                                                   *context_);
  if (!configuration.ok()) return std::move(configuration).error();
  rd_kafka_conf_set_rebalance_cb(configuration->get(), on_rebalance);
  rd_kafka_conf_set_offset_commit_cb(configuration->get(), on_commit);
  MILLRACE_ASSIGN_OR_RETURN(
      handle_, rdkafka::make_handle(RD_KAFKA_CONSUMER, std::move(*configuration), options_.bootstrap_servers));
  rd_kafka_poll_set_consumer(handle_.get());
  const PartitionList topics(rd_kafka_topic_partition_list_new(static_cast<int>(options_.topics.size())));
  for (const std::string& topic : options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(handle_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, "subscribe group " + options_.group + " to its topics");
  open_ = true;
  return Ok{};
}

Result<std::vector<Record>> GroupConsumer::poll(std::size_t max_records, std::chrono::milliseconds timeout) {
  int wait_ms = rdkafka::timeout_ms(timeout);
  while (!pending_error_ && batch_.size() < max_records && batch_.bytes() < options_.poll_bytes_max) {
    MessagePointer message(rd_kafka_consumer_poll(handle_.get(), wait_ms));
    if (message == nullptr) break;
    take(std::move(message));
    wait_ms = 0;
  }
  if (pending_error_ && batch_.size() == 0) return *std::exchange(pending_error_, std::nullopt);
  std::vector<Record> records = batch_.take();
  for (const Record& record : records) {
    next_[{record.position.topic, record.position.partition}] = Offset{raw(record.position.offset) + 1};
  }
  return records;
}

void GroupConsumer::take(MessagePointer message) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    batch_.add(std::move(message));
    return;
  }
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
  std::string action = "read";
  if (message->rkt != nullptr) {
    action += std::string(" topic ") + rd_kafka_topic_name(message->rkt);
    if (message->partition >= 0) action += " partition " + std::to_string(message->partition);
    if (message->offset >= 0) action += " offset " + std::to_string(message->offset);
  }
  fail(to_error(message->err, action, rd_kafka_message_errstr(message.get())));
}

void GroupConsumer::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  Context& context = *static_cast<Context*>(static_cast<rdkafka::ClientContext*>(opaque));
  bool taken = false;
  {
    const std::lock_guard lock(context.owner);
    if (context.consumer != nullptr && code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      taken = context.consumer->assigned(*partitions);
    } else if (context.consumer != nullptr) {
      context.consumer->revoked();
    }
  }
  // The library waits for an answer. Without the lock, because it may never return from taking this one while it is
  // being closed (its issue 4884), and close() must get the lock then.
  if (!taken) rd_kafka_assign(client, nullptr);
}

// Whether it is read from now on.
bool GroupConsumer::assigned(const rd_kafka_topic_partition_list_t& partitions) {
  if (!open_) return false;
  std::vector<TopicPartition> ours;
  for (int i = 0; i < partitions.cnt; ++i) {
    const auto topic = rdkafka::find_topic(options_.topics, partitions.elems[i].topic);
    if (topic) ours.push_back({*topic, PartitionIndex{partitions.elems[i].partition}});
  }
  std::sort(ours.begin(), ours.end());
  auto offsets = listener_.on_assigned(ours);
  if (!offsets.ok()) {
    fail(std::move(offsets).error());
    return false;
  }
  const PartitionList start = to_list(*offsets, "");
  const auto code = rd_kafka_assign(handle_.get(), start.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(to_error(code, "take over the partitions assigned by group " + options_.group));
    return false;
  }
  assignment_ = std::move(ours);
  next_.clear();
  for (const TopicPartitionOffset& entry : *offsets) next_[entry.where] = entry.offset;
  if (paused_) rd_kafka_pause_partitions(handle_.get(), start.get());
  return true;
}

// Range assignment is eager: everything is taken away before anything is given. What was collected but not yet returned
// is dropped, because nobody has seen it; it is read again by whoever gets the partition.
void GroupConsumer::revoked() {
  const bool lost = rd_kafka_assignment_lost(handle_.get()) != 0;
  if (!assignment_.empty()) listener_.on_revoked(assignment_, lost);
  batch_.clear();
  assignment_.clear();
  next_.clear();
}

void GroupConsumer::on_commit(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  Context& context = *static_cast<Context*>(static_cast<rdkafka::ClientContext*>(opaque));
  const std::lock_guard lock(context.owner);
  if (context.consumer == nullptr) return;
  context.consumer->commit_error_ = to_error(code, "commit offsets of group " + context.consumer->options_.group);
}

Status GroupConsumer::pause() {
  paused_ = true;
  const PartitionList list = to_list(assignment_);
  const auto code = rd_kafka_pause_partitions(handle_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, "pause the partitions of group " + options_.group);
  return Ok{};
}

Status GroupConsumer::resume() {
  paused_ = false;
  const PartitionList list = to_list(assignment_);
  const auto code = rd_kafka_resume_partitions(handle_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, "resume the partitions of group " + options_.group);
  return Ok{};
}

Status GroupConsumer::commit(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) {
  if (!offsets.empty()) {
    const PartitionList list = to_list(offsets, metadata);
    const auto code = rd_kafka_commit(handle_.get(), list.get(), 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, "commit offsets of group " + options_.group);
  }
  if (commit_error_) return *std::exchange(commit_error_, std::nullopt);
  return Ok{};
}

// The library's own synchronous commit waits for a coordinator that is away for as long as it takes.
Status GroupConsumer::commit_synchronously(std::span<const TopicPartitionOffset> offsets, const std::string& metadata,
                                           std::chrono::milliseconds timeout) {
  if (offsets.empty()) return Ok{};
  const std::string action = "commit offsets of group " + options_.group;
  const PartitionList list = to_list(offsets, metadata);
  const Queue answers(rd_kafka_queue_new(handle_.get()));
  auto code = rd_kafka_commit_queue(handle_.get(), list.get(), answers.get(), nullptr, nullptr);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, action);
  const Answer answer(rd_kafka_queue_poll(answers.get(), rdkafka::timeout_ms(timeout)));
  code = answer == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(answer.get());
  return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Status(Ok{}) : to_error(code, action);
}

Result<std::vector<GroupOffset>> GroupConsumer::committed(std::span<const TopicPartition> partitions) {
  const std::string action = "ask for the committed offsets of group " + options_.group;
  const PartitionList list = to_list(partitions);
  const auto code = rd_kafka_committed(handle_.get(), list.get(), rdkafka::timeout_ms(rdkafka::kRequestTimeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, action);
  std::vector<GroupOffset> offsets;
  for (int i = 0; i < list->cnt; ++i) {  // in the order asked
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(entry.err, action);
    GroupOffset& offset = offsets.emplace_back();
    if (entry.offset >= 0) offset.offset = Offset{entry.offset};
    if (entry.metadata != nullptr)
      offset.metadata.assign(static_cast<const char*>(entry.metadata), entry.metadata_size);
  }
  return offsets;
}

std::vector<std::pair<TopicPartition, std::int64_t>> GroupConsumer::lag() const {
  std::vector<std::pair<TopicPartition, std::int64_t>> lags;
  for (const TopicPartition& partition : assignment_) {
    const auto next = next_.find(partition);
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = rd_kafka_get_watermark_offsets(handle_.get(), topic_name(partition.topic).c_str(),
                                                     raw(partition.partition), &low, &high);
    if (next == next_.end() || code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) continue;  // nothing fetched yet
    lags.emplace_back(partition, std::max<std::int64_t>(0, high - raw(next->second)));
  }
  return lags;
}

// A revocation that is on its way is served before the library begins to close: afterwards it leaves the group without
// waiting for the answer, so that our last commit is refused.
void GroupConsumer::serve_callbacks(std::chrono::steady_clock::time_point deadline) {
  while (std::chrono::steady_clock::now() < deadline) {
    if (MessagePointer(rd_kafka_consumer_poll(handle_.get(), 0)) == nullptr) return;
  }
}

// The library calls on_revoked, leaves the group, and waits for every commit's answer, without end where the
// coordinator is away: then the client is left to a thread that destroys it when it can.
Status GroupConsumer::close(std::chrono::milliseconds timeout) {
  if (!std::exchange(open_, false)) return Ok{};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  serve_callbacks(deadline);
  batch_.clear();
  std::packaged_task<void()> closing([client = handle_.get()] { rd_kafka_consumer_close(client); });
  const std::future<void> closed = closing.get_future();
  std::thread thread(std::move(closing));
  if (closed.wait_until(deadline) == std::future_status::ready) {
    thread.join();
    return Ok{};
  }
  const std::lock_guard lock(context_->owner);
  context_->consumer = nullptr;
  if (!assignment_.empty()) listener_.on_revoked(std::exchange(assignment_, {}), true);
  std::thread([thread = std::move(thread), context = context_, handle = std::move(handle_)]() mutable {
    thread.join();
    handle.reset();
  }).detach();
  return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "leave group " + options_.group);
}

PartitionList GroupConsumer::to_list(std::span<const TopicPartition> partitions) const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_name(partition.topic).c_str(), raw(partition.partition));
  }
  return list;
}

PartitionList GroupConsumer::to_list(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const TopicPartitionOffset& entry : offsets) {
    auto* element = rd_kafka_topic_partition_list_add(list.get(), topic_name(entry.where.topic).c_str(),
                                                      raw(entry.where.partition));
    element->offset = raw(entry.offset);
    if (metadata.empty()) continue;
    element->metadata = rd_kafka_mem_malloc(handle_.get(), metadata.size());  // freed with the list
    std::memcpy(element->metadata, metadata.data(), metadata.size());
    element->metadata_size = metadata.size();
  }
  return list;
}

}  // namespace

Result<std::unique_ptr<Consumer>> open_consumer(const ConsumerOptions& options, RebalanceListener& listener) {
  auto consumer = std::make_unique<GroupConsumer>(options, listener);
  MILLRACE_RETURN_IF_ERROR(consumer->open());
  return std::unique_ptr<Consumer>(std::move(consumer));
}

}  // namespace millrace
