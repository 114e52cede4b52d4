#include "demo/feeder.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace millrace {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The window holds what the pipeline settles in this time: enough to keep it busy, and a bound on queueing. The upper
// bound keeps the records in flight (about 250 bytes each, over sixteen partitions) far below the embedded broker's 5
// MiB a partition.
constexpr duration<double> kWindowSeconds{0.1};
constexpr std::uint64_t kWindowMin = 256;
constexpr std::uint64_t kWindowMax = 20'000;
constexpr milliseconds kAdaptEvery{200};
constexpr milliseconds kFlushPatience{30'000};

Message message_to(const std::string& topic, std::string key, std::string value) {
  Message message;
  message.topic = topic;
  message.key = std::move(key);
  message.value = std::move(value);
  return message;
}

}  // namespace

std::uint64_t total(const FeedCounts& counts) {
  std::uint64_t sum = 0;
  for (const auto& topic : counts) {
    for (const std::uint64_t count : topic) sum += count;
  }
  return sum;
}

std::uint64_t total(const FeedCounts& counts, Outcome outcome) {
  std::uint64_t sum = 0;
  for (const auto& topic : counts) sum += topic[static_cast<std::size_t>(outcome)];
  return sum;
}

Feeder::Feeder(const FeedOptions& options, EventSource& source, std::unique_ptr<Producer> producer)
    : options_(options), source_(source), producer_(std::move(producer)), window_(kWindowMin) {}

Result<std::unique_ptr<Feeder>> Feeder::open(const FeedOptions& options, EventSource& source) {
  ProducerOptions producer_options;
  producer_options.bootstrap_servers = options.bootstrap_servers;
  producer_options.client_id = "millrace-demo-feeder";
  MILLRACE_ASSIGN_OR_RETURN(auto producer, open_producer(producer_options));
  return std::unique_ptr<Feeder>(new Feeder(options, source, std::move(producer)));
}

Status Feeder::collect(milliseconds timeout) {
  for (const Delivery& delivery : producer_->deliveries(timeout)) {
    if (!delivery.delivered) {
      return stop_error(ErrorCode::kIo, "feeding " + options_.bootstrap_servers +
                                            ": the broker did not take a record: " + delivery.error);
    }
  }
  return Ok{};
}

Status Feeder::send(const Message& message) {
  for (;;) {
    Status sent = producer_->produce(message);
    if (sent.ok() || sent.error().disposition != Disposition::kRetry) return sent;
    MILLRACE_RETURN_IF_ERROR(collect(milliseconds{10}));
  }
}

Status Feeder::finish() {
  MILLRACE_RETURN_IF_ERROR(producer_->flush(kFlushPatience));
  return collect(milliseconds{0});
}

Status Feeder::feed_items() {
  for (const DemoItem& item : source_.items()) {
    MILLRACE_RETURN_IF_ERROR(send(message_to(options_.items_topic, item.item, item_json(item))));
  }
  return finish();
}

Status Feeder::feed(const Settled& settled, const std::stop_token& stop) {
  started_ = adapted_ = steady_clock::now();
  produced_before_ = produced_;
  while (!stop.stop_requested()) {
    std::optional<DemoRecord> record = source_.next();
    if (!record) break;
    MILLRACE_RETURN_IF_ERROR(wait_for_room(settled, stop));
    Message message =
        message_to(options_.topics.at(raw(record->topic)), std::move(record->key), std::move(record->value));
    if (record->expected != Outcome::kApplied) {
      message.headers.emplace_back(kExpectedHeader, outcome_name(record->expected));
    }
    MILLRACE_RETURN_IF_ERROR(send(message));
    ++counts_.at(raw(record->topic)).at(static_cast<std::size_t>(record->expected));
    ++produced_;
  }
  return finish();
}

Status Feeder::wait_for_room(const Settled& settled, const std::stop_token& stop) {
  if (options_.rate_max > 0) keep_rate();
  if (produced_ % 64 == 0) MILLRACE_RETURN_IF_ERROR(collect(milliseconds{0}));
  if (!settled) return Ok{};
  std::uint64_t done = settled();
  adapt_window(done);
  while (produced_ >= done + window_ && !stop.stop_requested()) {
    MILLRACE_RETURN_IF_ERROR(collect(milliseconds{1}));
    done = settled();
    adapt_window(done);
  }
  return Ok{};
}

void Feeder::adapt_window(std::uint64_t settled) {
  const duration<double> passed = steady_clock::now() - adapted_;
  if (passed < kAdaptEvery) return;
  const double rate = static_cast<double>(settled - settled_at_adaptation_) / passed.count();
  window_ = std::clamp(static_cast<std::uint64_t>(rate * kWindowSeconds.count()), kWindowMin, kWindowMax);
  settled_at_adaptation_ = settled;
  adapted_ = steady_clock::now();
}

void Feeder::keep_rate() const {
  const double seconds = static_cast<double>(produced_ - produced_before_) / static_cast<double>(options_.rate_max);
  std::this_thread::sleep_until(started_ +
                                std::chrono::duration_cast<steady_clock::duration>(duration<double>(seconds)));
}

}  // namespace millrace
