// The way out: the output topics made sure of, the producer and the publisher, replaced together when the producer
// fails for good. Lists go out of users in served partitions only; those of others wait in the store. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
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
  KafkaClients& kafka;
  std::function<bool()> may_send;  // lists; see make_publisher
};

// Creates the list topic compacted, and the dead-letter topics, or verifies what is there. kInvalid: the list topic
// keeps every version or drops old ones; kNotFound: an event topic is missing.
Status prepare_topics(const Config& config, KafkaClients& kafka);

class Outlet {
 public:
  explicit Outlet(const OutletContext& context) : context_(context) {}

  // Queues again what the store has as undelivered.
  Status open();
  void enqueue(std::vector<RecommendationList> lists);
  // From now on these partitions are served: what waits for them in the store is queued.
  Status serve_partitions(const std::set<PartitionIndex>& partitions, WriteBatch& pending);
  // No partition is served any more. What is on its way is waited for so long; what has not arrived by then is called
  // back with the next serve_partitions().
  void withdraw(std::chrono::milliseconds patience, WriteBatch& pending);
  void enqueue_dead_letters(std::uint64_t first_sequence, std::span<const DeadLetter> letters) {
    publisher_->enqueue_dead_letters(first_sequence, letters);
  }
  // Sends, and collects deliveries; erasures go into `pending` (see Publisher::serve).
  Status serve(std::chrono::milliseconds timeout, WriteBatch& pending);

  std::size_t backlog() const { return publisher_->backlog(); }
  std::uint64_t backlog_bytes() const { return publisher_->backlog_bytes(); }
  std::string statistics() const { return producer_->statistics(); }

 private:
  bool serves(const RecommendationList& list) const;
  Status restore(const ListFilter& wanted);

  OutletContext context_;
  std::set<PartitionIndex> served_;
  bool reopen_ = false;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Publisher> publisher_;  // before the producer when both go
};

}  // namespace millrace
