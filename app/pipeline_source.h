// The event topics as the pipeline reads them: membership in the group, where each partition starts, whose users may be
// served, pausing, and offsets committed after the store. One thread; rebalances happen within poll() and close(), when
// no step is in flight.
//
// A partition's users are served when this instance knows all that any list of them can have known, and the group knows
// that they are here: a partition that comes from elsewhere, or behind the group's offset, is held until what the topic
// held at the assignment is applied (the former owner may have been ahead of its last commit) and our offsets are
// committed. The group's offset stays where it was until then, so that a restart holds it again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"
#include "app/pipeline_holds.h"
#include "app/pipeline_observer.h"
#include "app/pipeline_start.h"
#include "app/pipeline_time.h"
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
  KafkaClients& kafka;
};

// What the source asks of the pipeline when partitions come and go.
struct RebalanceHooks {
  // Lists must not go out any more of partitions that are being taken away. What is on its way is waited for so long at
  // most, which is no time where they belong to somebody else already, or where a step failed.
  std::function<void(std::chrono::milliseconds patience)> withdraw;
  // Commits what was collected between steps: the marks of undelivered lists are about to be read from the store.
  std::function<Status()> settle;
};

class GroupSource final : public RebalanceListener {
 public:
  GroupSource(const SourceContext& context, RebalanceHooks hooks)
      : context_(context), hooks_(std::move(hooks)), holds_(context.ingest, context.clock) {}
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
  // Commits synchronously; false: it did not succeed, so the group may have given our partitions to others.
  bool confirm_membership();
  // Lets go of held partitions that have caught up. Between steps.
  void release();
  // Partition numbers whose users may be served.
  const std::set<PartitionIndex>& served() const { return served_; }
  // Records to apply until the held partitions are whole.
  std::uint64_t behind() const { return holds_.records(); }
  // How long partitions that are taken away are held up for lists that are on their way, then for the group to take our
  // offsets, and then for leaving it. Far below max.poll.interval.ms.
  static constexpr std::chrono::milliseconds kPatience{10'000};
  // Leaves the group; with `commit` the offsets are committed first, synchronously. Without it where a step failed:
  // ingest is then ahead of the store.
  void close(bool commit, std::chrono::milliseconds patience = kPatience);

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
  Status check_growth(std::span<const std::int32_t> before, std::span<const std::int32_t> counts) const;
  Result<std::vector<TopicPartitionOffset>> start(std::span<const TopicPartition> partitions, const Broker& broker);
  std::vector<TopicPartitionOffset> offsets() const;
  void hold(TopicPartition partition, const StartDecision& decision, const GroupNote& note, const Watermarks& marks);
  void tell_restored();
  std::string note() const;
  std::string name_of(TopicPartition partition) const;

  SourceContext context_;
  RebalanceHooks hooks_;
  std::unique_ptr<Consumer> consumer_;
  std::chrono::milliseconds patience_ = kPatience;
  std::vector<TopicPartitionOffset> committed_;  // last handed to the group
  std::set<Pause> pauses_;
  PartitionHolds holds_;
  std::set<PartitionIndex> served_;
  Timer release_timer_{context_.clock, std::chrono::milliseconds(200)};
  bool alike_ = true;  // all topics have the same number of partitions
  bool shares_group_ = false;
  bool commit_on_revoke_ = true;
  std::uint64_t last_step_ = 0;
};

}  // namespace millrace
