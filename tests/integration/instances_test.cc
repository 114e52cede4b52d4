// Two and three instances of one group on a real Apache Kafka: killed, stopped for longer than the group waits (they
// wake up as zombies) and joining all at once. Every user's state lives with the partition's owner, and is whole there;
// no list is made from half of it; versions never go back, whoever publishes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "core/random.h"
#include "ingest/partition_ledger.h"
#include "store/rocks_store.h"
#include "tests/integration/store_account.h"
#include "tests/integration/stream_fixture.h"

namespace millrace::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr seconds kPatience{180};
constexpr milliseconds kStopPatience{60'000};
constexpr milliseconds kLook{100};
constexpr milliseconds kZombie{8'000};  // longer than the group waits
constexpr const char* kQuickGroup =
    "delivery_timeout = \"5s\"\n"
    "properties.\"session.timeout.ms\" = \"6000\"\nproperties.\"heartbeat.interval.ms\" = \"500\"\n";

struct Instance {
  explicit Instance(std::string given) : name(std::move(given)) {}
  std::string name;
  std::filesystem::path folder;
  int port = free_port();
  std::optional<ChildProcess> process;
};

class RealInstances : public StreamTest {
 protected:
  void start(Instance& instance) {
    instance.folder = folder_.path() / instance.name;
    std::filesystem::create_directories(instance.folder);
    const auto path = instance.folder / "millrace.toml";
    std::ofstream(path) << configuration(instance.folder / "state", instance.port, "");
    const std::string program = MILLRACE_BINARY_DIR "/app/millrace";
    auto process = ChildProcess::start({.command = {program, "run", "--config", path.string()}, .log = log(instance)});
    ASSERT_TRUE(process.ok()) << process.error().message;
    instance.process = std::move(process).value();
  }
  static std::filesystem::path log(const Instance& instance) { return instance.folder / "millrace.log"; }

  static Samples samples(const Instance& instance) {
    const auto text = http_get(instance.port, "/metrics");
    return Samples::parse(text.ok() ? *text : "");
  }
  static bool ready(const Instance& instance) { return http_get(instance.port, "/readyz").ok(); }

  template <class Condition>
  static void wait_until(const std::string& what, Condition condition) {
    const auto deadline = steady_clock::now() + kPatience;
    while (!condition()) {
      ASSERT_LT(steady_clock::now(), deadline) << "waiting until " << what;
      std::this_thread::sleep_for(kLook);
    }
  }

  // Whether the group has committed every event topic to its end: what the instances themselves know of their lag may
  // be older than the newest assignment.
  bool read_to_the_end(const Instance& instance) const {
    const auto config = load_config((instance.folder / "millrace.toml").string());
    EXPECT_TRUE(config.ok()) << config.error().message;
    std::vector<std::string> topics;
    for (const InputTopic& topic : config->ingest.topics) topics.push_back(topic.name);
    const auto partitions =
        describe_group(config->kafka.bootstrap_servers, config->kafka.properties, config->kafka.group, topics);
    return partitions.ok() && std::all_of(partitions->begin(), partitions->end(), [](const GroupPartition& each) {
             return each.committed.offset.value_or(Offset{0}) == each.marks.high;
           });
  }

  // Until the instances own everything, have applied it, and have nothing left to publish.
  void wait_until_quiet(std::span<Instance> instances) {
    wait_until("everything is applied and published", [&] {
      double assigned = 0;
      for (const Instance& instance : instances) {
        const Samples now = samples(instance);
        assigned += now.sum("millrace_assigned_partitions");
        if (now.sum("millrace_lag_records") > 0 || now.sum("millrace_rebuilding_records") > 0 ||
            now.sum("millrace_queue_messages", {{"stage", "publish"}}) > 0 || !ready(instance)) {
          return false;
        }
      }
      return assigned == kStreamPartitions * kDemoTopicCount && read_to_the_end(instances.front());
    });
  }
  void stop(Instance& instance) {
    EXPECT_EQ(instance.process->end(SIGTERM, kStopPatience), 0) << tail(log(instance), 20);
  }
  std::unique_ptr<Store> store_of(const Instance& instance) const {
    RocksOptions options;
    options.directory = (instance.folder / "state").string();
    options.read_only = true;
    auto store = open_rocks_store(options);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return std::move(store).value();
  }

  // For every partition number: some instance has read it whole, and there all users of it are what the records make
  // them.
  void expect_whole(std::span<const Instance> instances, const RecordedSource& source) {
    std::map<TopicPartition, Offset> ends;
    std::map<PartitionIndex, std::set<std::string>> users;
    for (const Record& record : read_topics(feed_options())) {
      const Position& at = record.position;
      ends[{at.topic, at.partition}] = Offset{raw(at.offset) + 1};
      users[at.partition].insert(record.key.value_or(""));
    }
    for (const auto& [partition, names] : users) {
      std::size_t owners = 0;
      for (const Instance& instance : instances) {
        const auto store = store_of(instance);
        if (!has_read(*store, partition, ends)) continue;
        ++owners;
        const auto config = load_config((instance.folder / "millrace.toml").string());
        ASSERT_TRUE(config.ok());
        expect_users_of(source.records(), names, *config, *store);
      }
      EXPECT_GT(owners, 0U) << "nobody has read partition " << raw(partition) << " to its end";
    }
  }

 private:
  static bool has_read(const Store& store, PartitionIndex partition, const std::map<TopicPartition, Offset>& ends) {
    return std::all_of(ends.begin(), ends.end(), [&](const auto& end) {
      if (end.first.partition != partition) return true;
      const auto row = store.get(Table::kPartitions, partition_key(end.first.topic, partition));
      EXPECT_TRUE(row.ok());
      return row->has_value() && decode_partition(**row)->next == end.second;
    });
  }
};

TEST_F(RealInstances, InAStormOfKillsZombiesAndJoinsEveryUserStaysWhole) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  extra_kafka_ = std::string("on_moved_partition = \"rebuild\"\n") + kQuickGroup;
  const auto source = simulate(small_shop(9'000));
  AlongsideAuditor auditing(audit_options());
  std::jthread feeding([&] {
    FeedOptions options = feed_options();
    options.rate_max = 300;
    auto feeder = Feeder::open(options, *source);
    ASSERT_TRUE(feeder.ok() && (*feeder)->feed_items().ok());
    const Status fed = (*feeder)->feed({}, {});
    EXPECT_TRUE(fed.ok()) << fed.error().message;
  });
  std::array<Instance, 3> instances{Instance{"one"}, Instance{"two"}, Instance{"three"}};
  ASSERT_NO_FATAL_FAILURE(start(instances[0]));
  ASSERT_NO_FATAL_FAILURE(wait_until("the first serves", [&] { return ready(instances[0]); }));
  ASSERT_NO_FATAL_FAILURE(start(instances[1]));
  ASSERT_NO_FATAL_FAILURE(wait_until("two share", [&] { return ready(instances[0]) && ready(instances[1]); }));
  ASSERT_NO_FATAL_FAILURE(start(instances[2]));

  Random random(11);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(milliseconds{500 + random.below(3'000)});
    Instance& zombie = instances[random.below(instances.size())];
    Instance& victim = instances[random.below(instances.size())];
    zombie.process->signal(SIGSTOP);
    if (&victim != &zombie) victim.process->end(SIGKILL, kStopPatience);
    std::this_thread::sleep_for(kZombie);
    zombie.process->signal(SIGCONT);
    if (&victim == &zombie) continue;
    ASSERT_NO_FATAL_FAILURE(start(victim));
  }
  for (Instance& instance : instances) instance.process->end(SIGKILL, kStopPatience);
  for (Instance& instance : instances) ASSERT_NO_FATAL_FAILURE(start(instance));  // all at once
  feeding.join();
  ASSERT_NO_FATAL_FAILURE(wait_until_quiet(instances));
  double moved = 0;
  for (const Instance& instance : instances) moved += samples(instance).sum("millrace_moved_partitions_total");
  EXPECT_GT(moved, 0) << "no partition moved, so nothing was shown";
  for (Instance& instance : instances) stop(instance);
  expect_whole(instances, *source);
  expect_every_user_served(*source, auditing.finish());
}

TEST_F(RealInstances, APartitionThatMovesWithoutItsStateIsRefusedUnlessRebuildingIsAllowed) {
  if (!prepare()) GTEST_SKIP() << "no Apache Kafka here";
  extra_kafka_ = kQuickGroup;
  const auto source = simulate(small_shop(1'000));
  const FeedCounts sent = feed(*source);
  std::array<Instance, 2> instances{Instance{"one"}, Instance{"two"}};
  ASSERT_NO_FATAL_FAILURE(start(instances[0]));
  ASSERT_NO_FATAL_FAILURE(wait_until("everything is applied", [&] {
    return samples(instances[0]).sum("millrace_records_total") >= static_cast<double>(total(sent));
  }));
  ASSERT_NO_FATAL_FAILURE(start(instances[1]));
  EXPECT_EQ(instances[1].process->wait(kPatience), 4);
  EXPECT_THAT(read_file(log(instances[1])), HasSubstr("kafka.on_moved_partition"));
  ASSERT_NO_FATAL_FAILURE(wait_until_quiet(std::span(instances).first(1)));

  extra_kafka_ += "on_moved_partition = \"rebuild\"\n";
  ASSERT_NO_FATAL_FAILURE(start(instances[1]));
  ASSERT_NO_FATAL_FAILURE(wait_until_quiet(instances));
  EXPECT_THAT(read_file(log(instances[1])), HasSubstr("its users are rebuilt from the topic"));
  EXPECT_GT(samples(instances[1]).sum("millrace_assigned_partitions"), 0);
  for (Instance& instance : instances) stop(instance);
  expect_whole(instances, *source);
  expect_every_user_served(*source, *audit());
}

}  // namespace
}  // namespace millrace::testing
