// The idempotent producer. produce(), deliveries() and flush() from one thread; a thread of its own collects the
// delivery reports, so that their times are true while the owner is busy with a step.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>
#include <utility>

#include "kafka/rdkafka_handle.h"

namespace millrace {
namespace {

using rdkafka::ErrorPointer;
using rdkafka::to_error;

class IdempotentProducer final : public Producer {
 public:
  explicit IdempotentProducer(const ProducerOptions& options) : options_(options) { context_.log = options.log; }
  ~IdempotentProducer() override;
  IdempotentProducer(const IdempotentProducer&) = delete;
  IdempotentProducer& operator=(const IdempotentProducer&) = delete;

  Status open();
  Status produce(const Message& message) override;
  std::vector<Delivery> deliveries(std::chrono::milliseconds timeout) override;
  Status flush(std::chrono::milliseconds timeout) override;
  std::size_t in_flight() const override { return in_flight_; }
  std::string statistics() const override { return context_.newest_statistics(); }
  std::optional<Error> fatal() const override;

 private:
  struct Context : rdkafka::ClientContext {
    std::condition_variable arrived;
    std::vector<Delivery> reports;
  };
  void collect();
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);

  ProducerOptions options_;
  Context context_;
  std::size_t in_flight_ = 0;  // produced, report not yet handed out
  rdkafka::Handle handle_;
  std::atomic<bool> closing_{false};
  std::thread collector_;
};

Status IdempotentProducer::open() {
  const KafkaProperties defaults{{"socket.nagle.disable", "true"}};
  const KafkaProperties owned{
      {"enable.idempotence", "true"},
      {"partitioner", "murmur2_random"},
      {"linger.ms", std::to_string(options_.linger.count())},
      {"message.timeout.ms", std::to_string(options_.delivery_timeout.count())},
      {"queue.buffering.max.kbytes", std::to_string(std::max<std::uint64_t>(options_.queue_bytes >> 10, 1))},
      {"queue.buffering.max.messages", "1000000"},
      {"statistics.interval.ms", std::to_string(options_.statistics_interval.count())}};
  auto configuration = rdkafka::make_configuration(
      {options_.bootstrap_servers, options_.client_id, options_.properties, defaults, owned}, context_);
  if (!configuration.ok()) return std::move(configuration).error();
  rd_kafka_conf_set_dr_msg_cb(configuration->get(), on_delivery);
  MILLRACE_ASSIGN_OR_RETURN(
      handle_, rdkafka::make_handle(RD_KAFKA_PRODUCER, std::move(*configuration), options_.bootstrap_servers));
  collector_ = std::thread([this] { collect(); });
  return Ok{};
}

void IdempotentProducer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  Delivery report;
  report.token = reinterpret_cast<std::uintptr_t>(message->_private);
  report.delivered = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!report.delivered) {
    // Not rd_kafka_message_errstr(): for a message that carries a payload it is the payload, which no zero ends.
    report.error = to_error(message->err, std::string("deliver to topic ") + rd_kafka_topic_name(message->rkt),
                            rd_kafka_err2str(message->err))
                       .message;
  }
  report.at = Millis{now.time_since_epoch().count()};
  auto& context = *static_cast<Context*>(static_cast<rdkafka::ClientContext*>(opaque));
  {
    const std::lock_guard lock(context.mutex);
    context.reports.push_back(std::move(report));
  }
  context.arrived.notify_one();
}

rd_kafka_vu_t bytes_argument(rd_kafka_vtype_t type, const std::optional<std::string>& bytes) {
  rd_kafka_vu_t argument{};
  argument.vtype = type;
  // The library copies (RD_KAFKA_MSG_F_COPY); its C signature lacks the const.
  argument.u.mem.ptr =
      bytes ? const_cast<char*>(bytes->data()) : nullptr;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  argument.u.mem.size = bytes ? bytes->size() : 0;
  return argument;
}

rd_kafka_vu_t argument_of(rd_kafka_vtype_t type) {
  rd_kafka_vu_t argument{};
  argument.vtype = type;
  return argument;
}

Status IdempotentProducer::produce(const Message& message) {
  std::vector<rd_kafka_vu_t> arguments(6, rd_kafka_vu_t{});
  arguments[0] = argument_of(RD_KAFKA_VTYPE_TOPIC);
  arguments[0].u.cstr = message.topic.c_str();
  arguments[1] = bytes_argument(RD_KAFKA_VTYPE_KEY, message.key);
  arguments[2] = bytes_argument(RD_KAFKA_VTYPE_VALUE, message.value);
  arguments[3] = argument_of(RD_KAFKA_VTYPE_MSGFLAGS);
  arguments[3].u.i = RD_KAFKA_MSG_F_COPY;
  arguments[4] = argument_of(RD_KAFKA_VTYPE_OPAQUE);
  arguments[4].u.ptr =
      reinterpret_cast<void*>(static_cast<std::uintptr_t>(message.token));  // NOLINT(performance-no-int-to-ptr)
  arguments[5] = argument_of(RD_KAFKA_VTYPE_TIMESTAMP);
  arguments[5].u.i64 = message.timestamp ? message.timestamp->count : 0;  // 0: now
  for (const auto& [name, value] : message.headers) {
    rd_kafka_vu_t& header = arguments.emplace_back(argument_of(RD_KAFKA_VTYPE_HEADER));
    header.u.header.name = name.c_str();
    header.u.header.val = value.data();
    header.u.header.size = static_cast<ssize_t>(value.size());
  }
  const ErrorPointer error(rd_kafka_produceva(handle_.get(), arguments.data(), arguments.size()));
  if (error != nullptr) {
    return to_error(rd_kafka_error_code(error.get()), "produce to topic " + message.topic,
                    rd_kafka_error_string(error.get()));
  }
  ++in_flight_;
  return Ok{};
}

void IdempotentProducer::collect() {
  constexpr int kPollMs = 50;  // bounds how long closing waits
  while (!closing_) rd_kafka_poll(handle_.get(), kPollMs);
}

std::vector<Delivery> IdempotentProducer::deliveries(std::chrono::milliseconds timeout) {
  std::unique_lock lock(context_.mutex);
  context_.arrived.wait_for(lock, timeout, [this] { return !context_.reports.empty(); });
  in_flight_ -= context_.reports.size();
  return std::exchange(context_.reports, {});
}

Status IdempotentProducer::flush(std::chrono::milliseconds timeout) {
  const auto code = rd_kafka_flush(handle_.get(), rdkafka::timeout_ms(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code, "wait for the delivery of " + std::to_string(rd_kafka_outq_len(handle_.get())) + " messages");
  }
  return Ok{};
}

std::optional<Error> IdempotentProducer::fatal() const {
  std::array<char, 512> text{};
  const auto code = rd_kafka_fatal_error(handle_.get(), text.data(), text.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return to_error(RD_KAFKA_RESP_ERR__FATAL, std::string("keep producing after ") + rd_kafka_err2name(code),
                  text.data());
}

// What is still queued is dropped: whoever must not lose it calls flush() first, or has it in the store.
IdempotentProducer::~IdempotentProducer() {
  if (handle_ == nullptr) return;
  closing_ = true;
  if (collector_.joinable()) collector_.join();
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(handle_.get(), 0);
}

}  // namespace

Result<std::unique_ptr<Producer>> open_producer(const ProducerOptions& options) {
  auto producer = std::make_unique<IdempotentProducer>(options);
  MILLRACE_RETURN_IF_ERROR(producer->open());
  return std::unique_ptr<Producer>(std::move(producer));
}

}  // namespace millrace
