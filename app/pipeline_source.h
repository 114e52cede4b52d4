// The event topics as the pipeline reads them: membership in the group, where each partition starts, pausing, and
// offsets committed after the store. One thread; rebalances happen within poll() and close(), when no step is in
// flight.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "app/pipeline_observer.h"
#include "app/pipeline_versions.h"
#include "core/result.h"
#include "core/time.h"
#include "ingest/ingest.h"
#include "kafka/client.h"
#include "store/store.h"

namespace millrace {

// What a source needs of the pipeline. All must outlive it.
struct SourceContext {
  const Config& config;
  Store& store;
  Ingest& ingest;
  Versions& versions;
  PipelineObserver& observer;
  const Clock& clock;
};

class GroupSource final : public RebalanceListener {
 public:
  explicit GroupSource(const SourceContext& context) : context_(context) {}
  ~GroupSource() override { close(false); }
  GroupSource(const GroupSource&) = delete;
  GroupSource& operator=(const GroupSource&) = delete;

  // Joins the group; kRestartClient errors of poll() ask for another open().
  Status open();
  Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds wait) {
    return consumer_->poll(max_records, wait);
  }
  // After a step has been committed to the store.
  void applied(std::uint64_t last_step) { last_step_ = last_step; }
  // Commits the store's offsets to the group where they moved; asynchronous. An error is logged, the next commit
  // repeats it.
  void commit();
  // Leaves the group; with `commit` the offsets are committed first, synchronously. Without it where a step failed:
  // ingest is then ahead of the store.
  void close(bool commit);

  // Whether partitions were assigned for the first time, or list versions got a new base, since the last question: what
  // is still to be delivered must then be read from the store.
  bool take_renewal() { return std::exchange(renewal_, false); }

  // Reading pauses while there is any reason to.
  void set_paused(Pause why, bool paused);
  bool paused() const { return !pauses_.empty(); }

  // Whether other members of the group own partitions of these topics.
  bool shares_group() const { return shares_group_; }
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() const;
  std::string statistics() const { return consumer_ == nullptr ? "" : consumer_->statistics(); }

  Result<std::vector<TopicPartitionOffset>> on_assigned(std::span<const TopicPartition> partitions) override;
  void on_revoked(std::span<const TopicPartition> partitions, bool lost) override;

 private:
  struct Broker {
    std::vector<GroupOffset> committed;  // in the order of the partitions
    std::vector<Watermarks> marks;
    std::vector<std::int32_t> counts;  // partitions of each topic
  };
  Result<Broker> ask(std::span<const TopicPartition> partitions);
  Result<Broker> ask_patiently(std::span<const TopicPartition> partitions);
  Status check_share(std::span<const TopicPartition> partitions, std::span<const std::int32_t> counts);
  Result<std::vector<TopicPartitionOffset>> start(std::span<const TopicPartition> partitions, const Broker& broker);
  std::vector<TopicPartitionOffset> offsets() const;
  std::string note() const { return version_note(last_step_ == 0 ? 0 : context_.versions.base() + last_step_); }
  std::string name_of(TopicPartition partition) const;

  SourceContext context_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<TopicPartitionOffset> committed_;  // last handed to the group
  std::set<Pause> pauses_;
  bool shares_group_ = false;
  bool commit_on_revoke_ = true;
  bool ever_assigned_ = false;
  bool renewal_ = false;
  std::uint64_t last_step_ = 0;
};

}  // namespace millrace
