#include "tests/simulation/simulation.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "app/log.h"
#include "app/pipeline.h"
#include "ingest/partition_ledger.h"
#include "publish/delivery_marks.h"
#include "tests/simulation/memory_broker.h"
#include "tests/simulation/memory_disk.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/stream.h"
#include "tests/simulation/world.h"
#include "tests/uninterrupted.h"

namespace millrace::testing {
namespace {

constexpr std::uint64_t kQuietTurnsMax = 5'000;  // of the last life; it ends long before

Config draw_config(World& world) {
  Config config;
  config.service.state_directory = "/nonexistent/in-memory";
  config.kafka.commit_interval = Millis{static_cast<std::int64_t>(world.between(1, 200))};
  config.step.records_max = world.between(1, 24);
  config.store.example_capacity = world.between(20, 200);
  config.store.checkpoint_steps = world.between(1, 16);
  config.ingest.duplicates_window = world.between(1, 30);
  config.ingest.late_allowance = Millis{static_cast<std::int64_t>(world.between(2, 60)) * 1000};
  config.ingest.skew_allowance = Millis{1000};
  config.features.history_length = world.between(2, 30);
  config.features.context_length = std::min<std::size_t>(config.features.history_length, 10);
  config.features.seen_items = world.between(2, 20);
  config.lists.length = world.between(1, 10);
  config.lists.exclude_seen = config.model.ranker.first_touches = world.chance(0.5);
  config.publish.backlog_max = world.between(1, 40);
  config.publish.options.in_flight_max = world.between(1, 20);
  config.input.dead_letter_share_max = 1.0F;
  if (world.chance(0.3)) config.input.items_topic.clear();
  config.model.seed = world.random.next();
  config.model.threads = 1;
  config.model.minibatch = 32;
  config.model.minibatch_min = world.between(1, 16);
  config.model.encoder.dimension = 16;
  config.model.encoder.negatives = 16;
  config.model.encoder.token_buckets = 32;
  config.model.encoder.recent_replay_mean = 50.0F;
  config.model.factors.dimension = 8;
  // The encoder is by far the dearest; a share of the seeds has it.
  if (!world.chance(0.2)) std::erase(config.model.families, "encoder");
  constexpr std::array<const char*, 5> kServes{"ranker", "champion", "mixture", "interleave", "memory"};
  config.model.serve = kServes[world.random.below(kServes.size())];
  if (world.chance(0.3)) config.model.learners = {"memory", "ranker", "related"};
  config.model.rollback.enabled = !world.chance(0.2);
  config.model.rollback.checkpoints = world.between(1, 3);
  return config;
}

// Decides at every turn of the service what happens next: records arrive, a signal comes, all is done.
class Director final : public PipelineObserver {
 public:
  Director(const Config& config, Stream& stream, const MemoryBroker& broker, const MemoryDisk& disk, World& world)
      : config_(config), stream_(stream), broker_(broker), disk_(disk), world_(world) {}

  // A life that is asked to stop after so many turns. The last one has its hazards for so many turns and then goes on
  // until everything is read and delivered, and the group knows.
  void begin_life(std::uint64_t turns, bool last) {
    turns_ = turns;
    last_ = last;
    turn_ = 0;
    stop = false;
    stuck.clear();
  }
  void on_beat() override {
    world_.crash_here();
    for (std::uint64_t burst = world_.random.below(5); burst > 0 && !stream_.ended(); --burst) stream_.send();
    ++turn_;
    if (turn_ < turns_) return;
    if (!last_) {
      stop = true;
      return;
    }
    world_.hazards = {};
    world_.hazards.fatal = false;
    if (!stream_.ended()) return;
    const std::string left = unsettled();
    if (turn_ > kQuietTurnsMax) stuck = left;
    stop = left.empty() || !stuck.empty();
  }

  std::atomic<bool> stop{false};
  std::string stuck;  // what the last life did not get done

 private:
  // What is still to be done; empty: nothing.
  std::string unsettled() const {
    const Store& store = disk_.image();
    if (store.size(Table::kDirty).rows > 0) return "lists are undelivered";
    if (store.size(Table::kDeadLetters).rows > 0) return "dead letters are undelivered";
    for (std::size_t topic = 0; topic < config_.ingest.topics.size(); ++topic) {
      const std::string& name = config_.ingest.topics[topic].name;
      const auto count = static_cast<std::int32_t>(broker_.partitions(name).size());
      for (std::int32_t number = 0; number < count; ++number) {
        const std::size_t sent = stream_.told(topic, number).size();
        if (next_of(topic, number) != sent) return "records are unread";
        const auto group = broker_.group().find({name, number});
        if (group == broker_.group().end() || std::cmp_not_equal(raw(group->second.offset), sent))
          return "the group's offset is behind";
      }
    }
    if (config_.input.items_topic.empty()) return "";
    return next_of(config_.ingest.topics.size(), 0) == stream_.told_items().size() ? "" : "item records are unread";
  }

  std::size_t next_of(std::size_t topic, std::int32_t number) const {
    const auto row = disk_.image().get(
        Table::kPartitions, partition_key(TopicIndex{static_cast<std::uint8_t>(topic)}, PartitionIndex{number}));
    if (!row.ok() || !row->has_value()) return 0;
    const auto state = decode_partition(**row);
    return state.ok() ? static_cast<std::size_t>(raw(state->next)) : 0;
  }

  const Config& config_;
  Stream& stream_;
  const MemoryBroker& broker_;
  const MemoryDisk& disk_;
  World& world_;
  std::uint64_t turns_ = 0;
  bool last_ = false;
  std::uint64_t turn_ = 0;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : world_(seed), broker_(world_), config_(draw_config(world_)) {
    report_.seed = seed;
    const auto partitions = static_cast<std::int32_t>(world_.between(1, 3));
    for (const InputTopic& topic : config_.ingest.topics) broker_.create(topic.name, partitions);
    if (!config_.input.items_topic.empty()) broker_.create(config_.input.items_topic, 1);
    stream_ = std::make_unique<Stream>(config_, broker_, world_, world_.between(20, 220));
    director_ = std::make_unique<Director>(config_, *stream_, broker_, disk_, world_);
    broker_.on_group_commit = [this](const std::string& topic, std::int32_t partition, Offset offset) {
      check_group_commit(topic, partition, offset);
    };
    broker_.on_produce = [this](const Message& message) { check_committed(message); };
    set_failpoint_handler([this](Failpoint failpoint) { world_.reach(failpoint); });
  }
  ~Simulation() { set_failpoint_handler({}); }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  SimulationReport run() {
    const Oracle oracle(config_, *stream_, broker_);
    for (std::uint64_t lives = world_.between(1, 12); lives > 0 && report_.findings.empty(); --lives) {
      live(draw_hazards(), false);
      note(oracle.check(disk_.image()));
      damage();
    }
    if (report_.findings.empty()) live(draw_hazards(), true);
    if (refused_) live({}, true);
    if (report_.findings.empty()) {
      note(oracle.check_complete(disk_.image()));
      compare_with_uninterrupted();
    }
    finish_report();
    return report_;
  }

 private:
  Hazards draw_hazards() {
    const auto sometimes = [&](double share, double most) {
      return world_.chance(share) ? most * world_.random.uniform() : 0.0;
    };
    Hazards hazards;
    hazards.crash = sometimes(0.6, 0.03);
    hazards.failpoint = sometimes(0.6, 0.1);
    if (world_.chance(0.4)) {
      hazards.aimed_at = Failpoint{static_cast<std::uint8_t>(world_.random.below(kFailpoints))};
      hazards.failpoint = 0.3;
    }
    hazards.error = sometimes(0.5, 0.1);
    hazards.rebalance = sometimes(0.5, 0.2);
    hazards.failed_delivery = sometimes(0.5, 0.5);
    return hazards;
  }

  // One process from its start to its end.
  void live(Hazards hazards, bool last) {
    ++report_.lives;
    if (last) {
      hazards.crash = hazards.failpoint = 0.0;
      hazards.fatal = false;
    }
    world_.begin_life(hazards);
    world_.sleep(std::chrono::milliseconds(world_.between(5, 3'000)));
    director_->begin_life(world_.between(1, 80), last);
    const auto store = open_disk(disk_, world_);
    try {
      auto pipeline = Pipeline::open(config_, *store, *director_, world_, broker_);
      judge(pipeline.ok() ? (*pipeline)->run(director_->stop) : Status(std::move(pipeline).error()));
    } catch (const Crash&) {
      judge(Ok{});
    }
    if (!director_->stuck.empty()) note({"the last life goes no further: " + director_->stuck});
  }

  // Errors that were handed in may end a life. A damaged store may be refused, once, and is then rebuilt by order.
  void judge(const Status& status) {
    refused_ = damaged_ && !config_.kafka.rebuild && !status.ok() && status.error().code == ErrorCode::kGap;
    if (refused_) {
      config_.kafka.rebuild = true;
      return;
    }
    const bool injected = !status.ok() && status.error().message.find(kInjected) != std::string::npos;
    if (status.ok() || (injected && world_.hazards.fatal)) return;
    note({"ended with: " + status.error().message});
  }

  void damage() {
    const bool lost = world_.chance(0.04);
    if (disk_.commits() == 0 || (!lost && !world_.chance(0.1))) return;
    ++(lost ? report_.losses : report_.rewinds);
    disk_.rewind(lost ? 0 : disk_.commits() - world_.between(1, std::min<std::uint64_t>(disk_.commits(), 12)));
    damaged_ = true;
    config_.kafka.rebuild = false;
  }

  // The group must never count as done what the store has not.
  void check_group_commit(const std::string& topic, std::int32_t partition, Offset offset) {
    for (std::size_t i = 0; i < config_.ingest.topics.size(); ++i) {
      if (config_.ingest.topics[i].name != topic) continue;
      const auto row = disk_.image().get(
          Table::kPartitions, partition_key(TopicIndex{static_cast<std::uint8_t>(i)}, PartitionIndex{partition}));
      const auto state = decode_partition(row.ok() && row->has_value() ? std::string_view(**row) : std::string_view());
      if (!state.ok() || state->next < offset) note({"the group's offset is ahead of the store's"});
    }
  }

  // Nothing goes out before the store has it, marked as undelivered.
  void check_committed(const Message& message) {
    if (message.topic != config_.publish.options.list_topic) {
      if (disk_.image().size(Table::kDeadLetters).rows == 0)
        note({"a dead letter is published before it is committed"});
      return;
    }
    const UserId user(message.key.value_or(""));
    const auto row = disk_.image().get(Table::kLists, user.bytes);
    const auto list = decode_list(user, row.ok() && row->has_value() ? std::string_view(**row) : std::string_view());
    const std::string text = "\"version\":" + std::to_string(list.ok() ? list->version : 0) + ",";
    if (message.value.value_or("").find(text) == std::string::npos)
      note({"a list is published before it is committed"});
    const auto marked = list.ok() ? is_marked(disk_.image(), *list) : Result<bool>(false);
    if (!marked.ok() || !*marked) note({"a list is published that no mark names"});
  }

  void compare_with_uninterrupted() {
    std::vector<Record> records;
    for (std::size_t topic = 0; topic < config_.ingest.topics.size(); ++topic) {
      for (const auto& partition : broker_.partitions(config_.ingest.topics[topic].name)) {
        for (Record record : partition) {
          record.position.topic = TopicIndex{static_cast<std::uint8_t>(topic)};
          records.push_back(std::move(record));
        }
      }
    }
    std::size_t next = 0;  // changes are applied in the order of the items topic
    const auto content = [&](const ItemId&) -> std::optional<ItemContent> {
      const auto& told = stream_->told_items();
      while (next < told.size() && told[next].broken) ++next;
      return next < told.size() ? told[next++].content : std::nullopt;
    };
    note(differences_from_uninterrupted(records, config_, disk_.image(), content));
  }

  void note(const std::vector<std::string>& findings) {
    for (const std::string& finding : findings) {
      report_.findings.push_back("life " + std::to_string(report_.lives) + ": " + finding);
    }
  }

  void finish_report() {
    for (std::size_t topic = 0; topic < config_.ingest.topics.size(); ++topic) {
      for (const auto& partition : broker_.partitions(config_.ingest.topics[topic].name))
        report_.records += partition.size();
    }
    report_.steps = disk_.image().size(Table::kSteps).rows;
    report_.crashes = world_.crashes;
    report_.errors = world_.errors;
    report_.rebalances = broker_.rebalances;
    report_.crashed = world_.crashed;
  }

  World world_;
  MemoryBroker broker_;
  MemoryDisk disk_;
  Config config_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Director> director_;
  bool damaged_ = false;  // at some time
  bool refused_ = false;  // the last life
  SimulationReport report_;
};

}  // namespace

SimulationReport simulate_service(std::uint64_t seed, bool logged) {
  set_log_level(logged ? LogLevel::kInfo : LogLevel::kError);
  return Simulation(seed).run();
}

std::string describe(const SimulationReport& report) {
  std::string line = "seed " + std::to_string(report.seed) + ":";
  for (const std::string& finding : report.findings) line += "\n  " + finding;
  return line + "\n  replay: ./dev soak --simulation --seeds 1 --first-seed " + std::to_string(report.seed);
}

}  // namespace millrace::testing
