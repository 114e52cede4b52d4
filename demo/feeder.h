// Produces a source's records as fast as the pipeline takes them: never more than a small window ahead of what it has
// settled, so that an embedded broker's bounded partitions are not overrun and freshness is not spent in a queue.
// feed() blocks its thread; progress() may be read from any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/result.h"
#include "demo/event_source.h"
#include "kafka/client.h"

namespace millrace {

struct FeedOptions {
  std::string bootstrap_servers;
  std::uint64_t rate_max = 0;  // records a second, from each feed() on; 0: as fast as they are taken
  std::array<std::string, kDemoTopicCount> topics{"clicks", "purchases", "ratings"};
  std::string items_topic = "items";
};

// Records by topic and by what is expected of them.
using FeedCounts = std::array<std::array<std::uint64_t, kOutcomes>, kDemoTopicCount>;
std::uint64_t total(const FeedCounts& counts);
std::uint64_t total(const FeedCounts& counts, Outcome outcome);

// How many records the pipeline has settled, whatever became of them. Called often, from the feeding thread.
using Settled = std::function<std::uint64_t()>;

// A record that is not to be applied carries its expected outcome in this header.
inline constexpr std::string_view kExpectedHeader = "demo-expected";

class Feeder {
 public:
  // `source` must outlive the feeder.
  static Result<std::unique_ptr<Feeder>> open(const FeedOptions& options, EventSource& source);

  // The catalogue, to the items topic; returns when it is delivered.
  Status feed_items();
  // The stream, to its end or until stopped; returns when everything is delivered. Without `settled` only the rate
  // limits it.
  Status feed(const Settled& settled, const std::stop_token& stop);

  std::uint64_t produced() const { return produced_; }
  const FeedCounts& counts() const { return counts_; }  // after feed()

 private:
  Feeder(const FeedOptions& options, EventSource& source, std::unique_ptr<Producer> producer);
  Status send(const Message& message);
  Status collect(std::chrono::milliseconds timeout);
  Status finish();
  Status wait_for_room(const Settled& settled, const std::stop_token& stop);
  void adapt_window(std::uint64_t settled);
  void keep_rate() const;

  FeedOptions options_;
  EventSource& source_;
  std::unique_ptr<Producer> producer_;
  FeedCounts counts_{};
  std::atomic<std::uint64_t> produced_ = 0;
  std::uint64_t window_;
  std::uint64_t settled_at_adaptation_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t produced_before_ = 0;  // when feed() started
  std::chrono::steady_clock::time_point adapted_;
};

}  // namespace millrace
