// A member of the group, and the reader of whole topics.
#include <algorithm>
#include <deque>
#include <utility>

#include "tests/simulation/memory_broker.h"

namespace millrace::testing {
namespace {

class MemoryConsumer final : public Consumer {
 public:
  MemoryConsumer(MemoryBroker& broker, const ConsumerOptions& options, RebalanceListener& listener)
      : broker_(broker), world_(broker.world()), topics_(options.topics), listener_(listener), life_(world_.life()) {}
  ~MemoryConsumer() override { static_cast<void>(close(std::chrono::milliseconds(0))); }
  MemoryConsumer(const MemoryConsumer&) = delete;
  MemoryConsumer& operator=(const MemoryConsumer&) = delete;

  Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) override;
  Status pause() override {
    paused_ = true;
    return Ok{};
  }
  Status resume() override {
    paused_ = false;
    return Ok{};
  }
  Status commit(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) override;
  Status commit_synchronously(std::span<const TopicPartitionOffset> offsets, const std::string& metadata,
                              std::chrono::milliseconds timeout) override;
  Result<std::vector<GroupOffset>> committed(std::span<const TopicPartition> partitions) override;
  Result<Watermarks> watermarks(TopicPartition partition) override;
  std::vector<TopicPartition> assignment() const override { return assignment_; }
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() const override;
  Result<std::int32_t> partition_count(TopicIndex topic) override;
  std::string statistics() const override { return ""; }
  Status close(std::chrono::milliseconds timeout) override;

 private:
  struct Request {
    std::vector<TopicPartitionOffset> offsets;
    std::string metadata;
  };
  bool dead() const { return !open_ || life_ != world_.life(); }
  const std::string& name(TopicIndex topic) const { return topics_.at(raw(topic)); }
  std::int64_t end_of(TopicPartition partition) const {
    const auto& records =
        broker_.partitions(name(partition.topic)).at(static_cast<std::size_t>(raw(partition.partition)));
    return static_cast<std::int64_t>(records.size());
  }
  std::optional<Error> failure(const std::string& action);
  void apply(const Request& request);
  void settle_requests(double share);
  std::vector<TopicPartition> draw_assignment(bool whole);
  Status join();
  void leave(bool lost);
  std::vector<Record> fetch(std::size_t max_records);

  MemoryBroker& broker_;
  World& world_;
  std::vector<std::string> topics_;
  RebalanceListener& listener_;
  std::uint64_t life_;
  std::vector<TopicPartition> assignment_;
  std::map<TopicPartition, std::int64_t> next_;
  std::deque<Request> requests_;  // commits that the broker has not seen
  std::optional<Error> commit_error_;
  std::uint64_t outage_ = 0;  // requests that will fail in a row
  bool paused_ = false;
  bool refused_ = false;  // an assignment was, and there is no second one
  bool whole_ = true;     // all partitions are assigned
  bool open_ = true;
};

// Of a request at a rebalance; now and then the broker is away for longer than anybody asks again.
std::optional<Error> MemoryConsumer::failure(const std::string& action) {
  world_.crash_here();
  if (outage_ > 0) {
    --outage_;
    return Error{ErrorCode::kUnavailable, Disposition::kRetry, std::string(kInjected) + action};
  }
  auto error = world_.error_here(action);
  if (error && world_.chance(0.1)) outage_ = 30;
  return error;
}

Result<std::vector<Record>> MemoryConsumer::poll(std::size_t max_records, std::chrono::milliseconds timeout) {
  world_.crash_here();
  if (dead()) return std::vector<Record>();
  settle_requests(0.5);
  if (auto error = world_.error_here("read", {Disposition::kRestartClient, Disposition::kStop}))
    return *std::move(error);
  if (assignment_.empty()) {
    if (!refused_) MILLRACE_RETURN_IF_ERROR(join());
  } else if (world_.chance(world_.hazards.rebalance)) {
    leave(world_.chance(0.3));
  } else if (!whole_ && world_.chance(0.1)) {
    leave(false);
  } else if (!paused_) {
    std::vector<Record> records = fetch(max_records);
    if (!records.empty()) return records;
  }
  world_.sleep(timeout);
  return std::vector<Record>();
}

// The same partition numbers of every topic, as range assignment gives them; the rest is somebody else's for a while.
std::vector<TopicPartition> MemoryConsumer::draw_assignment(bool whole) {
  const std::size_t count = broker_.partitions(topics_.front()).size();
  std::vector<bool> ours(count, true);
  if (!whole) ours[world_.random.below(count)] = false;
  std::vector<TopicPartition> partitions;
  for (std::size_t topic = 0; topic < topics_.size(); ++topic) {
    for (std::size_t partition = 0; partition < count; ++partition) {
      if (!ours[partition]) continue;
      partitions.push_back(
          {TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{static_cast<std::int32_t>(partition)}});
    }
  }
  return partitions;
}

Status MemoryConsumer::join() {
  const bool several = broker_.partitions(topics_.front()).size() > 1;
  whole_ = !several || world_.hazards.rebalance == 0.0 || !world_.chance(0.3);
  const std::vector<TopicPartition> partitions = draw_assignment(whole_);
  auto offsets = listener_.on_assigned(partitions);
  if (!offsets.ok()) {
    refused_ = true;
    return std::move(offsets).error();
  }
  assignment_ = partitions;
  next_.clear();
  for (const TopicPartitionOffset& start : *offsets) next_[start.where] = raw(start.offset);
  ++broker_.rebalances;
  return Ok{};
}

void MemoryConsumer::leave(bool lost) {
  if (lost) requests_.clear();
  listener_.on_revoked(assignment_, lost);
  assignment_.clear();
  next_.clear();
}

std::vector<Record> MemoryConsumer::fetch(std::size_t max_records) {
  std::vector<Record> records;
  for (const TopicPartition& partition : assignment_) {
    const auto& source =
        broker_.partitions(name(partition.topic)).at(static_cast<std::size_t>(raw(partition.partition)));
    std::int64_t& next = next_.at(partition);
    std::uint64_t wanted = world_.random.below(max_records + 1);
    for (; wanted > 0 && records.size() < max_records && next < end_of(partition); --wanted, ++next) {
      records.push_back(source[static_cast<std::size_t>(next)]);
      records.back().position.topic = partition.topic;
    }
  }
  return records;
}

void MemoryConsumer::apply(const Request& request) {
  for (const TopicPartitionOffset& entry : request.offsets) {
    broker_.commit(name(entry.where.topic), raw(entry.where.partition), entry.offset, request.metadata);
  }
}

void MemoryConsumer::settle_requests(double share) {
  while (!requests_.empty() && world_.chance(share)) {
    if (world_.chance(world_.hazards.error)) {
      commit_error_ = Error{ErrorCode::kUnavailable, Disposition::kRetry, std::string(kInjected) + "commit offsets"};
    } else {
      apply(requests_.front());
    }
    requests_.pop_front();
  }
}

Status MemoryConsumer::commit(std::span<const TopicPartitionOffset> offsets, const std::string& metadata) {
  world_.crash_here();
  if (dead()) return Ok{};
  if (!offsets.empty()) requests_.push_back({{offsets.begin(), offsets.end()}, metadata});
  if (commit_error_) return *std::exchange(commit_error_, std::nullopt);
  return Ok{};
}

Status MemoryConsumer::commit_synchronously(std::span<const TopicPartitionOffset> offsets, const std::string& metadata,
                                            std::chrono::milliseconds /*timeout*/) {
  world_.crash_here();
  if (dead()) return Ok{};
  settle_requests(1.0);
  const auto error = world_.error_here("commit offsets");
  if (!error || world_.chance(0.5)) apply({{offsets.begin(), offsets.end()}, metadata});
  world_.crash_here();
  if (error) return *error;
  return Ok{};
}

Result<std::vector<GroupOffset>> MemoryConsumer::committed(std::span<const TopicPartition> partitions) {
  if (auto error = failure("ask for committed offsets")) return *std::move(error);
  std::vector<GroupOffset> offsets;
  for (const TopicPartition& partition : partitions) {
    GroupOffset& offset = offsets.emplace_back();
    const auto found = broker_.group().find({name(partition.topic), raw(partition.partition)});
    if (found == broker_.group().end()) continue;
    offset = {found->second.offset, found->second.metadata};
  }
  return offsets;
}

Result<Watermarks> MemoryConsumer::watermarks(TopicPartition partition) {
  if (auto error = failure("ask for watermarks")) return *std::move(error);
  return Watermarks{Offset{0}, Offset{end_of(partition)}};
}

Result<std::int32_t> MemoryConsumer::partition_count(TopicIndex topic) {
  if (auto error = failure("count partitions")) return *std::move(error);
  return static_cast<std::int32_t>(broker_.partitions(name(topic)).size());
}

std::vector<std::pair<TopicPartition, std::int64_t>> MemoryConsumer::lag() const {
  std::vector<std::pair<TopicPartition, std::int64_t>> lags;
  for (const auto& [partition, next] : next_) lags.emplace_back(partition, end_of(partition) - next);
  return lags;
}

Status MemoryConsumer::close(std::chrono::milliseconds /*timeout*/) {
  if (!std::exchange(open_, false)) return Ok{};
  if (life_ != world_.life()) {
    // The process died: what it had sent may have arrived.
    settle_requests(0.5);
    return Ok{};
  }
  open_ = true;  // for the listener's last commit
  if (!assignment_.empty()) listener_.on_revoked(assignment_, false);
  settle_requests(0.5);
  open_ = false;
  return Ok{};
}

class MemoryReader final : public Reader {
 public:
  MemoryReader(MemoryBroker& broker, const ReaderOptions& options)
      : broker_(broker), world_(broker.world()), topic_(options.topics.front()), life_(world_.life()) {
    for (const TopicPartitionOffset& start : options.start) {
      if (raw(start.offset) <= static_cast<std::int64_t>(records().size())) {
        next_ = static_cast<std::size_t>(raw(start.offset));
      }
    }
    end_ = records().size();
  }

  Result<std::vector<Record>> poll(std::size_t max_records, std::chrono::milliseconds timeout) override {
    world_.crash_here();
    std::vector<Record> found;
    if (life_ != world_.life()) return found;
    if (auto error = world_.error_here("read items", {Disposition::kRestartClient, Disposition::kStop}))
      return *std::move(error);
    for (std::uint64_t wanted = world_.random.below(max_records + 1); wanted > 0 && next_ < records().size();
         --wanted) {
      found.push_back(records()[next_++]);
    }
    if (found.empty()) world_.sleep(timeout);
    return found;
  }
  bool at_end() const override { return next_ >= end_; }

 private:
  const MemoryBroker::Partition& records() const { return broker_.partitions(topic_).front(); }

  MemoryBroker& broker_;
  World& world_;
  std::string topic_;
  std::uint64_t life_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

std::unique_ptr<Consumer> make_memory_consumer(MemoryBroker& broker, const ConsumerOptions& options,
                                               RebalanceListener& listener) {
  return std::make_unique<MemoryConsumer>(broker, options, listener);
}

std::unique_ptr<Reader> make_memory_reader(MemoryBroker& broker, const ReaderOptions& options) {
  return std::make_unique<MemoryReader>(broker, options);
}

}  // namespace millrace::testing
