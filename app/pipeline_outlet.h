// The way out: the output topics made sure of, the producer and the publisher, replaced together when the producer
// fails for good. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/pipeline_observer.h"
#include "core/result.h"
#include "core/time.h"
#include "kafka/client.h"
#include "publish/publisher.h"
#include "store/store.h"

namespace millrace {

// All must outlive the outlet.
struct OutletContext {
  const Config& config;
  Store& store;
  const Names& names;
  PipelineObserver& observer;
  const Clock& clock;
};

// Creates the list topic compacted, and the dead-letter topics, or verifies what is there. kInvalid: the list topic
// keeps every version or drops old ones; kNotFound: an event topic is missing.
Status prepare_topics(const Config& config);

class Outlet {
 public:
  explicit Outlet(const OutletContext& context) : context_(context) {}

  // With nothing queued.
  Status open();
  // A new producer, and whatever the store has as undelivered queued again. Not before partitions are assigned: only
  // then is it known whether the versions in the store are behind what was published.
  Status reopen(WriteBatch& pending);
  void enqueue(std::vector<RecommendationList> lists) { publisher_->enqueue(std::move(lists)); }
  void enqueue_dead_letters(std::uint64_t first_sequence, std::span<const DeadLetter> letters) {
    publisher_->enqueue_dead_letters(first_sequence, letters);
  }
  // Sends, and collects deliveries; erasures go into `pending` (see Publisher::serve).
  Status serve(std::chrono::milliseconds timeout, WriteBatch& pending);
  // Serves until everything is delivered or `timeout` has passed; what is left is published after the next start.
  Status drain(std::chrono::milliseconds timeout, WriteBatch& pending);

  std::size_t backlog() const { return publisher_->backlog(); }
  std::uint64_t backlog_bytes() const { return publisher_->backlog_bytes(); }
  std::string statistics() const { return producer_->statistics(); }

 private:
  OutletContext context_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Publisher> publisher_;  // before the producer when both go
};

}  // namespace millrace
