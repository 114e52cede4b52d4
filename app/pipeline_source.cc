#include "app/pipeline_source.h"

#include <algorithm>
#include <utility>

#include "app/log.h"
#include "app/pipeline_start.h"
#include "core/failpoint.h"

namespace millrace {
namespace {

constexpr int kQuestionsMax = 20;
constexpr std::chrono::milliseconds kQuestionPause{500};

}  // namespace

Status GroupSource::open() {
  close(true);
  commit_on_revoke_ = true;
  ConsumerOptions options = consumer_options(context_.config);
  options.log = log_kafka("consumer");
  MILLRACE_ASSIGN_OR_RETURN(consumer_, context_.kafka.open_consumer(options, *this));
  if (paused()) return consumer_->pause();
  return Ok{};
}

void GroupSource::close(bool commit) {
  if (consumer_ == nullptr) return;
  commit_on_revoke_ = commit;
  consumer_->close();
  consumer_.reset();
}

Result<std::vector<TopicPartitionOffset>> GroupSource::on_assigned(std::span<const TopicPartition> partitions) {
  MILLRACE_ASSIGN_OR_RETURN(const Broker broker, ask_patiently(partitions));
  MILLRACE_RETURN_IF_ERROR(check_share(partitions, broker.counts));
  auto offsets = start(partitions, broker);
  if (!offsets.ok()) return offsets;
  committed_.clear();
  log_info("partitions assigned", {{"partitions", partitions.size()}, {"shared_group", shares_group_ ? "yes" : "no"}});
  context_.observer.on_rebalance(Rebalance::kAssigned, partitions.size());
  context_.observer.on_ready(Readiness::kAssigned, !partitions.empty(),
                             std::to_string(partitions.size()) + " partitions assigned");
  return offsets;
}

// The consumer gets no second assignment if this one is refused, so a broker that does not answer is asked again for a
// while.
Result<GroupSource::Broker> GroupSource::ask_patiently(std::span<const TopicPartition> partitions) {
  for (int question = 1;; ++question) {
    auto broker = ask(partitions);
    if (broker.ok() || broker.error().disposition != Disposition::kRetry) return broker;
    log_warn("the broker does not say where the assigned partitions stand; asking again",
             {{"error", broker.error().message}});
    context_.observer.on_beat();
    if (question == kQuestionsMax) {
      Error error = std::move(broker).error();
      error.disposition = Disposition::kRestartClient;
      return error;
    }
    context_.clock.sleep(kQuestionPause);
  }
}

Result<GroupSource::Broker> GroupSource::ask(std::span<const TopicPartition> partitions) {
  Broker broker;
  MILLRACE_ASSIGN_OR_RETURN(broker.committed, consumer_->committed(partitions));
  for (const TopicPartition& partition : partitions) {
    MILLRACE_ASSIGN_OR_RETURN(const Watermarks marks, consumer_->watermarks(partition));
    broker.marks.push_back(marks);
  }
  for (std::size_t topic = 0; topic < context_.config.ingest.topics.size(); ++topic) {
    MILLRACE_ASSIGN_OR_RETURN(const std::int32_t count,
                              consumer_->partition_count(TopicIndex{static_cast<std::uint8_t>(topic)}));
    broker.counts.push_back(count);
  }
  return broker;
}

// Members of one group divide users by partition number, which only works where the topics are cut alike.
Status GroupSource::check_share(std::span<const TopicPartition> partitions, std::span<const std::int32_t> counts) {
  std::size_t all = 0;
  for (const std::int32_t count : counts) all += static_cast<std::size_t>(count);
  shares_group_ = partitions.size() < all;
  const bool alike = std::adjacent_find(counts.begin(), counts.end(), std::not_equal_to<>()) == counts.end();
  if (!shares_group_ || alike) return Ok{};
  return stop_error(
      ErrorCode::kInvalid,
      "share group " + context_.config.kafka.group +
          ": the event topics have different numbers of partitions, so one user's events would land on two "
          "instances; give all event topics the same number, or run one instance");
}

Result<std::vector<TopicPartitionOffset>> GroupSource::start(std::span<const TopicPartition> partitions,
                                                             const Broker& broker) {
  std::vector<std::pair<TopicIndex, PartitionIndex>> keys;
  for (const TopicPartition& partition : partitions) keys.emplace_back(partition.topic, partition.partition);
  MILLRACE_RETURN_IF_ERROR(context_.ingest.assign(keys));
  std::vector<TopicPartitionOffset> offsets;
  std::uint64_t published = 0;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition& partition = partitions[i];
    const auto state = context_.ingest.partition(partition.topic, partition.partition);
    StartFacts facts;
    if (state) facts.local = state->next;
    facts.committed = broker.committed[i].offset;
    facts.marks = broker.marks[i];
    const StartPolicy policy{context_.config.kafka.start, context_.config.kafka.rebuild};
    MILLRACE_ASSIGN_OR_RETURN(const StartDecision decision, decide_start(name_of(partition), facts, policy));
    if (decision.fresh) context_.ingest.start_at(partition.topic, partition.partition, decision.next);
    if (decision.rewound > 0) {
      log_warn("the state is behind the group's offset, so it was rewound; the difference is read again",
               {{"partition", name_of(partition)}, {"records", decision.rewound}});
      context_.observer.on_rewind(partition, decision.rewound);
    }
    published = std::max(published, read_version_note(broker.committed[i].metadata));
    offsets.push_back({partition, decision.next});
  }
  // First positions are stored at once: "latest" must mean the same after a restart.
  WriteBatch batch;
  context_.ingest.flush(batch);
  context_.versions.raise(published, last_step_, context_.clock.now(), batch);
  if (!batch.empty()) MILLRACE_RETURN_IF_ERROR(context_.store.commit(batch));
  return offsets;
}

void GroupSource::on_revoked(std::span<const TopicPartition> partitions, bool lost) {
  log_info(lost ? "partitions lost" : "partitions revoked", {{"partitions", partitions.size()}});
  if (!lost && commit_on_revoke_) {
    MILLRACE_FAILPOINT(kGroupCommitting);
    const Status status = consumer_->commit_synchronously(offsets(), note());
    MILLRACE_FAILPOINT(kGroupCommitted);
    if (!status.ok()) log_warn("the last offsets were not committed to the group", {{"error", status.error().message}});
  }
  committed_.clear();
  const Status status = context_.ingest.assign({});
  if (!status.ok()) log_warn("forget the revoked partitions", {{"error", status.error().message}});
  context_.observer.on_rebalance(lost ? Rebalance::kLost : Rebalance::kRevoked, partitions.size());
  context_.observer.on_ready(Readiness::kAssigned, false, "no partitions assigned");
}

void GroupSource::commit() {
  std::vector<TopicPartitionOffset> now = offsets();
  std::vector<TopicPartitionOffset> moved;
  if (now != committed_) moved = now;  // none: only asks whether the last commit failed
  MILLRACE_FAILPOINT(kGroupCommitting);
  const Status status = consumer_->commit(moved, note());
  MILLRACE_FAILPOINT(kGroupCommitted);
  if (status.ok()) {
    committed_ = std::move(now);
  } else {
    committed_.clear();
    log_warn("offsets were not committed to the group", {{"error", status.error().message}});
  }
}

void GroupSource::set_paused(Pause why, bool paused) {
  if (paused == pauses_.contains(why)) return;
  const bool before = this->paused();
  if (paused) {
    pauses_.insert(why);
  } else {
    pauses_.erase(why);
  }
  context_.observer.on_paused(why, paused);
  context_.observer.on_ready(Readiness::kRunning, !this->paused(), this->paused() ? "reading is paused" : "reading");
  if (before == this->paused()) return;
  if (consumer_ == nullptr) return;
  const Status status = paused ? consumer_->pause() : consumer_->resume();
  if (!status.ok()) log_warn("pause or resume reading", {{"error", status.error().message}});
}

std::vector<std::pair<TopicPartition, std::int64_t>> GroupSource::lag() const {
  if (consumer_ == nullptr) return {};
  return consumer_->lag();
}

std::vector<TopicPartitionOffset> GroupSource::offsets() const {
  std::vector<TopicPartitionOffset> offsets;
  for (const auto& [key, state] : context_.ingest.partitions())
    offsets.push_back({{key.first, key.second}, state.next});
  return offsets;
}

std::string GroupSource::name_of(TopicPartition partition) const {
  return context_.config.ingest.topics.at(raw(partition.topic)).name + " partition " +
         std::to_string(raw(partition.partition));
}

}  // namespace millrace
