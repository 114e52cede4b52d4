#include "bench/whole_way.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/config.h"
#include "bench/timing.h"
#include "core/check.h"

namespace millrace::bench {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kEchoRecordsMax = 5'000;
// librdkafka's own: that of a producer who sets nothing. The embedded broker looks through all batches it keeps of a
// partition at each fetch; where a steady stream comes in batches of one it soon costs more than the service.
constexpr milliseconds kSteadyLinger{5};

// The echo begins at the earliest record.
class FromStart final : public RebalanceListener {
 public:
  Result<std::vector<TopicPartitionOffset>> on_assigned(std::span<const TopicPartition> partitions) override {
    std::vector<TopicPartitionOffset> starts;
    for (const TopicPartition& partition : partitions) starts.push_back({partition, Offset{0}});
    return starts;
  }
  void on_revoked(std::span<const TopicPartition>, bool) override {}
};

milliseconds service_linger() { return milliseconds(KafkaSettings{}.linger.count); }

std::unique_ptr<Producer> make_producer(const std::string& bootstrap_servers, milliseconds linger) {
  ProducerOptions options;
  options.bootstrap_servers = bootstrap_servers;
  options.linger = linger;
  auto opened = open_producer(options);
  MILLRACE_CHECK(opened.ok());
  return std::move(*opened);
}

// Waits where the producer's queue is full.
void produce_patiently(Producer& producer, const Message& message) {
  while (true) {
    const Status status = producer.produce(message);
    if (status.ok()) return;
    MILLRACE_CHECK(status.error().disposition == Disposition::kRetry);
    producer.deliveries(milliseconds(1));
  }
}

}  // namespace

EventFeed::EventFeed(const std::string& bootstrap_servers, std::string topic)
    : producer_(make_producer(bootstrap_servers, service_linger())),
      steady_producer_(make_producer(bootstrap_servers, kSteadyLinger)),
      topic_(std::move(topic)) {}

void EventFeed::produce(Producer& producer, const Event& event) {
  Event stamped = event;
  stamped.event_time = system_clock().now();
  Message message;
  message.topic = topic_;
  message.key = event.user.bytes;
  message.value = event_json(stamped);
  produce_patiently(producer, message);
}

// The last one by the steady producer, so that its first records need not wait for its connection.
void EventFeed::send(std::span<const Event> events) {
  for (const Event& event : events) produce(&event == &events.back() ? *steady_producer_ : *producer_, event);
  for (Producer* producer : {producer_.get(), steady_producer_.get()}) {
    while (producer->in_flight() > 0) producer->deliveries(milliseconds(5));
  }
}

void EventFeed::send_paced(std::span<const Event> events, double rate) {
  const double begin = wall_seconds();
  for (std::size_t next = 0; next < events.size();) {
    for (; next < events.size() && wall_seconds() >= begin + static_cast<double>(next) / rate; ++next) {
      produce(*steady_producer_, events[next]);
    }
    steady_producer_->deliveries(milliseconds(0));
    std::this_thread::sleep_for(milliseconds(1));  // waiting for reports would return at each and take a whole core
  }
  while (steady_producer_->in_flight() > 0) steady_producer_->deliveries(milliseconds(5));
}

void Passage::pass(std::uint64_t records) {
  const std::lock_guard lock(mutex_);
  passed_ += records;
  marks_.push_back({passed_, wall_seconds()});
}

void Passage::deliver(std::span<const Millis> delays) {
  const std::lock_guard lock(mutex_);
  for (const Millis delay : delays) delays_.push_back(delay.count);
}

void Passage::wait_for(std::uint64_t records) const {
  const double deadline = wall_seconds() + 300.0;
  while (passed_ < records) {
    MILLRACE_CHECK(wall_seconds() < deadline);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

double Passage::rate_since(std::uint64_t from) const {
  const std::lock_guard lock(mutex_);
  const auto first =
      std::find_if(marks_.begin(), marks_.end(), [from](const Mark& mark) { return mark.records >= from; });
  MILLRACE_CHECK(first != marks_.end() && first + 1 != marks_.end());
  return static_cast<double>(marks_.back().records - first->records) / (marks_.back().seconds - first->seconds);
}

void Passage::forget_delays() {
  const std::lock_guard lock(mutex_);
  delays_.clear();
}

double Passage::delay_quantile(double share) const {
  const std::lock_guard lock(mutex_);
  MILLRACE_CHECK(!delays_.empty());
  std::vector<std::int64_t> delays = delays_;
  const auto at = delays.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(delays.size() - 1));
  std::nth_element(delays.begin(), at, delays.end());
  return static_cast<double>(*at);
}

Echo::Echo(const std::string& bootstrap_servers, const std::string& from, const std::string& to)
    : listener_(std::make_unique<FromStart>()), producer_(make_producer(bootstrap_servers, service_linger())) {
  ConsumerOptions options;
  options.bootstrap_servers = bootstrap_servers;
  options.group = "echo-" + from;
  options.topics = {from};
  auto opened = open_consumer(options, *listener_);
  MILLRACE_CHECK(opened.ok());
  consumer_ = std::move(*opened);
  thread_ = std::thread([this, to] { run(to); });
}

Echo::~Echo() {
  stop_ = true;
  thread_.join();
}

void Echo::run(const std::string& to) {
  std::vector<Millis> delays;
  bool begun = false;
  const auto collect = [&] {
    delays.clear();
    for (const Delivery& delivery : producer_->deliveries(milliseconds(0))) {
      delays.push_back(delivery.at - Millis{static_cast<std::int64_t>(delivery.token)});
    }
    passage_.deliver(delays);
    if (!delays.empty()) passage_.pass(delays.size());
  };
  while (!stop_) {
    const auto records = consumer_->poll(kEchoRecordsMax, milliseconds(1));
    MILLRACE_CHECK(records.ok());
    if (!records->empty() && !std::exchange(begun, true)) passage_.pass(0);
    for (const Record& record : *records) {
      Message message;
      message.topic = to;
      message.key = record.key;
      message.value = record.value;
      message.token = static_cast<std::uint64_t>(record.timestamp.count);
      produce_patiently(*producer_, message);
    }
    collect();
  }
}

}  // namespace millrace::bench
