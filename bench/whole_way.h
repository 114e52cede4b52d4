// The whole way on an embedded broker, once through the service and once through a bare echo of the same bytes:
// consume, produce, nothing between. Both are measured alike: a backlog taken as fast as it goes, then a steady stream.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/workload.h"
#include "kafka/client.h"

namespace millrace::bench {

// Topics of this many partitions; the embedded broker keeps 5 MiB of each.
inline constexpr std::int32_t kTopicPartitions = 16;

// Sends events, stamped now, to one topic. One thread.
class EventFeed {
 public:
  EventFeed(const std::string& bootstrap_servers, std::string topic);
  // As fast as the broker takes them; returns when all are there.
  void send(std::span<const Event> events);
  // At `rate` events a second.
  void send_paced(std::span<const Event> events, double rate);

 private:
  void produce(Producer& producer, const Event& event);

  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Producer> steady_producer_;
  std::string topic_;
};

// What came through, told by one thread and read by another.
class Passage {
 public:
  // `records` more have gone through by now.
  void pass(std::uint64_t records);
  void deliver(std::span<const Millis> delays);
  std::uint64_t passed() const { return passed_; }

  // Waits until `records` have gone through.
  void wait_for(std::uint64_t records) const;
  // Records a second from the `from`-th to the newest. Requires from < passed().
  double rate_since(std::uint64_t from) const;
  // Forgets the delays so far, for another phase.
  void forget_delays();
  // The delay in milliseconds that a share of the deliveries does not exceed.
  double delay_quantile(double share) const;

 private:
  struct Mark {
    std::uint64_t records;
    double seconds;
  };
  mutable std::mutex mutex_;
  std::vector<Mark> marks_;
  std::vector<std::int64_t> delays_;
  std::atomic<std::uint64_t> passed_ = 0;
};

// Consumes `from`, produces the same keys and values to `to`, in a thread of its own until destroyed.
class Echo {
 public:
  Echo(const std::string& bootstrap_servers, const std::string& from, const std::string& to);
  ~Echo();
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;
  // Begins with the first records that are read; they have passed once they are delivered.
  Passage& passage() { return passage_; }

 private:
  void run(const std::string& to);

  Passage passage_;
  std::unique_ptr<RebalanceListener> listener_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Producer> producer_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace millrace::bench
