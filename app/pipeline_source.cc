#include "app/pipeline_source.h"

#include <algorithm>
#include <utility>

#include "app/log.h"
#include "app/pipeline_partition_counts.h"
#include "core/failpoint.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr int kQuestionsMax = 20;
constexpr std::chrono::milliseconds kQuestionPause{500};

}  // namespace

Status GroupSource::open() {
  close(true);
  commit_on_revoke_ = true;
  patience_ = kPatience;
  ConsumerOptions options = consumer_options(context_.config);
  options.log = log_kafka("consumer");
  MILLRACE_ASSIGN_OR_RETURN(consumer_, context_.kafka.open_consumer(options, *this));
  if (paused()) return consumer_->pause();
  return Ok{};
}

void GroupSource::close(bool commit, std::chrono::milliseconds patience) {
  if (consumer_ == nullptr) return;
  commit_on_revoke_ = commit;
  patience_ = patience;
  const Status left = consumer_->close(3 * patience);
  if (!left.ok()) log_warn("the group was not left; it will miss this member", {{"error", left.error().message}});
  consumer_.reset();
}

Result<std::vector<TopicPartitionOffset>> GroupSource::on_assigned(std::span<const TopicPartition> partitions) {
  MILLRACE_ASSIGN_OR_RETURN(const Broker broker, ask_patiently(partitions));
  MILLRACE_RETURN_IF_ERROR(check_share(partitions, broker.counts));
  auto offsets = start(partitions, broker);
  if (!offsets.ok()) return offsets;
  committed_.clear();
  served_ = holds_.free_partitions(alike_);
  tell_restored();
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
  shares_group_ = millrace::shares_group(partitions, counts);
  alike_ = std::adjacent_find(counts.begin(), counts.end(), std::not_equal_to<>()) == counts.end();
  if (!shares_group_ || alike_) return Ok{};
  return stop_error(
      ErrorCode::kInvalid,
      "share group " + context_.config.kafka.group +
          ": the event topics have different numbers of partitions, so one user's events would land on two "
          "instances; give all event topics the same number, or run one instance");
}

// With more partitions a user's new events land in another one: for a single owner that makes no difference, but
// members of a group would serve users whose history another one has.
Status GroupSource::check_growth(std::span<const std::int32_t> before, std::span<const std::int32_t> counts) const {
  for (std::size_t topic = 0; topic < std::min(before.size(), counts.size()); ++topic) {
    if (counts[topic] == before[topic]) continue;
    const std::string& name = context_.config.ingest.topics[topic].name;
    const std::string found = std::to_string(counts[topic]) + " partitions, it had " + std::to_string(before[topic]);
    if (shares_group_) {
      return stop_error(ErrorCode::kInvalid,
                        "share group " + context_.config.kafka.group + ": topic " + name + " has " + found +
                            ", so users were dealt anew and the history of many is with another instance; run one "
                            "instance, or begin with a new group and empty state directories");
    }
    log_warn("a topic has more partitions than before; their users keep their history, because one instance reads all",
             {{"topic", name}, {"partitions", counts[topic]}, {"before", before[topic]}});
  }
  return Ok{};
}

Result<std::vector<TopicPartitionOffset>> GroupSource::start(std::span<const TopicPartition> partitions,
                                                             const Broker& broker) {
  std::vector<std::pair<TopicIndex, PartitionIndex>> keys;
  for (const TopicPartition& partition : partitions) keys.emplace_back(partition.topic, partition.partition);
  MILLRACE_RETURN_IF_ERROR(context_.ingest.assign(keys));
  MILLRACE_ASSIGN_OR_RETURN(const auto before, read_partition_counts(context_.store));
  MILLRACE_RETURN_IF_ERROR(check_growth(before, broker.counts));
  std::vector<TopicPartitionOffset> offsets;
  std::uint64_t published = 0;
  holds_.clear();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition& partition = partitions[i];
    const auto state = context_.ingest.partition(partition.topic, partition.partition);
    const GroupNote note = read_note(broker.committed[i].metadata);
    StartFacts facts;
    if (state) facts.local = state->next;
    facts.committed = broker.committed[i].offset;
    facts.marks = broker.marks[i];
    facts.elsewhere = !note.store.empty() && note.store != context_.versions.identity();
    const KafkaSettings& settings = context_.config.kafka;
    // A partition that was added to a topic we read begins at its beginning, whenever we notice it.
    const bool added = raw(partition.topic) < before.size() && raw(partition.partition) >= before[raw(partition.topic)];
    const StartPosition start = added ? StartPosition::kEarliest : settings.start;
    MILLRACE_ASSIGN_OR_RETURN(
        const StartDecision decision,
        decide_start(name_of(partition), facts, {start, settings.rebuild, settings.on_moved_partition}));
    if (decision.fresh) context_.ingest.start_at(partition.topic, partition.partition, decision.next);
    if (decision.behind > 0 || note.store != context_.versions.identity())
      hold(partition, decision, note, broker.marks[i]);
    published = std::max(published, note.version);
    offsets.push_back({partition, decision.next});
  }
  // First positions are stored at once: "latest" must mean the same after a restart.
  WriteBatch batch;
  context_.ingest.flush(batch);
  if (before.size() < broker.counts.size()) {
    std::vector<std::int32_t> first = before;
    first.insert(first.end(), broker.counts.begin() + std::ssize(before), broker.counts.end());
    put_partition_counts(first, batch);
  }
  // Above those of the newest step, too, where the clock is behind them.
  const std::uint64_t above = context_.versions.base() + last_step_ + 1;
  context_.versions.raise(std::max(published, above), last_step_, context_.clock.now(), batch);
  MILLRACE_RETURN_IF_ERROR(hooks_.settle());
  MILLRACE_RETURN_IF_ERROR(put_undelivered_anew(context_.store, context_.versions.base() + last_step_, batch));
  if (!batch.empty()) MILLRACE_RETURN_IF_ERROR(context_.store.commit(batch));
  return offsets;
}

// A partition that is not behind is held too if the group does not know that it is here: whoever gets it next must know
// that lists went out from here.
void GroupSource::hold(TopicPartition partition, const StartDecision& decision, const GroupNote& note,
                       const Watermarks& marks) {
  const Offset known{raw(decision.next) + decision.behind};
  const bool moved = !note.store.empty() && note.store != context_.versions.identity();
  const Offset end = moved || decision.behind > 0 ? marks.high : known;
  holds_.hold(partition, known, end);
  if (moved) {
    log_warn(decision.behind > 0
                 ? "a partition moved here without its newest state; its users are rebuilt from the "
                   "topic, and get no lists until they are whole"
                 : "a partition moved here; the state directory knows all that the group has read of it",
             {{"partition", name_of(partition)}, {"records", decision.behind}});
    context_.observer.on_moved(partition, decision.behind);
  } else if (decision.behind > 0) {
    log_warn(
        "the state is behind the group's offset, so it was rewound; the difference is read again, and its users "
        "get no lists until then",
        {{"partition", name_of(partition)}, {"records", decision.behind}});
    context_.observer.on_rewind(partition, decision.behind);
  }
}

void GroupSource::release() {
  if (!holds_.any_caught_up() || !release_timer_.due() || !confirm_membership()) return;
  release_timer_.reset();  // it is there for attempts that fail
  holds_.release_caught_up();
  served_ = holds_.free_partitions(alike_);
  tell_restored();
}

void GroupSource::tell_restored() {
  const std::uint64_t records = behind();
  context_.observer.on_ready(Readiness::kRestored, records == 0,
                             records == 0 ? "state loaded"
                                          : std::to_string(records) +
                                                " records until the users of partitions that "
                                                "came without their state are whole");
}

void GroupSource::on_revoked(std::span<const TopicPartition> partitions, bool lost) {
  log_info(lost ? "partitions lost" : "partitions revoked", {{"partitions", partitions.size()}});
  const bool commits = !lost && commit_on_revoke_;
  hooks_.withdraw(commits ? patience_ : std::chrono::milliseconds(0));
  if (commits) {
    MILLRACE_FAILPOINT(kGroupCommitting);
    const Status status = consumer_->commit_synchronously(offsets(), note(), patience_);
    MILLRACE_FAILPOINT(kGroupCommitted);
    if (!status.ok()) log_warn("the last offsets were not committed to the group", {{"error", status.error().message}});
  }
  committed_.clear();
  holds_.clear();
  served_.clear();
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

bool GroupSource::confirm_membership() {
  if (consumer_ == nullptr) return false;
  const Status status = consumer_->commit_synchronously(offsets(), note(), kPatience);
  if (!status.ok()) log_warn("the group did not take our offsets", {{"error", status.error().message}});
  return status.ok();
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
  for (const auto& [key, state] : context_.ingest.partitions()) {
    const TopicPartition partition{key.first, key.second};
    if (!holds_.is_behind(partition)) offsets.push_back({partition, state.next});
  }
  return offsets;
}

std::string GroupSource::note() const {
  return write_note({last_step_ == 0 ? 0 : context_.versions.base() + last_step_, context_.versions.identity()});
}

std::string GroupSource::name_of(TopicPartition partition) const {
  return context_.config.ingest.topics.at(raw(partition.topic)).name + " partition " +
         std::to_string(raw(partition.partition));
}

}  // namespace millrace
