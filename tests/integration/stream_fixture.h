// A real Kafka, a stream with known outcomes on topics of its own, and the service as a process that may be killed.
// What the service left in its store is read back without it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/config.h"
#include "demo/auditor.h"
#include "demo/child_process.h"
#include "demo/event_source.h"
#include "demo/feeder.h"
#include "demo/samples.h"
#include "demo/simulator.h"
#include "store/store.h"
#include "tests/integration/real_broker.h"

namespace millrace::testing {

// Records made beforehand, so that a test knows the whole stream.
class RecordedSource final : public EventSource {
 public:
  RecordedSource(std::vector<DemoItem> items, std::vector<DemoRecord> records)
      : items_(std::move(items)), records_(std::move(records)) {}
  std::optional<DemoRecord> next() override { return next_ == end_ ? std::nullopt : std::optional(records_[next_++]); }
  // Only the first `records` are given until more are.
  void end_at(std::size_t records) { end_ = std::min(records, records_.size()); }
  const std::vector<DemoItem>& items() const override { return items_; }
  const std::vector<DemoRecord>& records() const { return records_; }

 private:
  std::vector<DemoItem> items_;
  std::vector<DemoRecord> records_;
  std::size_t next_ = 0;
  std::size_t end_ = records_.size();
};

// Everything that the simulator sends.
std::unique_ptr<RecordedSource> simulate(const SimulatorOptions& options);

// A shop of three hundred users and two hundred items, with one record in a hundred of every kind of fault.
SimulatorOptions small_shop(std::uint64_t events);

// Everything on the event topics.
std::vector<Record> read_topics(const FeedOptions& options);

// Adds test failures unless every user with a record to be applied has a newest list that reflects all of them, no
// version ever went back, and no list knew less than one before.
void expect_every_user_served(const RecordedSource& source, Auditor& auditor);

// Reads all topics from their beginning, in a thread of its own, while the service runs: sees every version in its
// order, before compaction could take one away.
class AlongsideAuditor {
 public:
  explicit AlongsideAuditor(const AuditOptions& options);
  // Reads to the present end.
  Auditor& finish();

 private:
  std::unique_ptr<Auditor> auditor_;
  std::jthread reading_;
};

class StreamTest : public ::testing::Test {
 protected:
  // Starts the broker and creates the topics; the test is to return where it did not (skipped or failed).
  bool prepare(const RealBrokerOptions& options = {});

  std::string topic(const std::string& name) const { return name + "-" + suffix_; }
  FeedOptions feed_options() const;
  // Feeds the whole source, and the counts of what was sent.
  FeedCounts feed(RecordedSource& source, bool with_items = true);
  // Reads all topics from their beginning to their present end.
  std::unique_ptr<Auditor> audit() const;
  AuditOptions audit_options() const;

  void start_service(const std::vector<std::string>& flags = {});
  // Waits for /readyz.
  void wait_until_ready();
  // Waits until the store says that so many records of the event topics have their outcome.
  void wait_until_settled(std::uint64_t records);
  std::uint64_t settled() const;
  Samples metrics() const;
  // SIGTERM; expects exit code 0.
  void stop_service();
  void kill_service();
  // Expects the service to end by itself with that exit code, having said that.
  void expect_end(int exit_code, const std::string& last_words);
  // Another command of the program with the service's configuration; its exit code. It logs where the service does.
  int run_command(std::vector<std::string> arguments) const;
  std::string log() const { return read_file(folder_.path() / "millrace.log"); }

  Config config() const;
  std::unique_ptr<Store> open_store() const;
  const std::string& bootstrap() const { return broker_->bootstrap_servers(); }

  // The configuration of an instance with a state directory and a port of its own. Empty `instance_id`: none.
  std::string configuration(const std::filesystem::path& state, int port, const std::string& instance_id) const;

  // Lines of TOML added to the configuration before start_service(): to [kafka], and by section.
  std::string extra_kafka_;
  std::string service_bootstrap_;  // empty: the broker's
  std::string extra_configuration_;
  // Added to the service's environment by start_service().
  std::vector<std::pair<std::string, std::string>> service_environment_;
  std::unique_ptr<RealBroker> broker_;
  std::optional<ChildProcess> service_;
  TemporaryFolder folder_{"millrace-stream"};
  int port_ = free_port();

 private:
  std::string suffix_ = unique_name("t");
};

inline constexpr std::int32_t kStreamPartitions = 4;

}  // namespace millrace::testing
