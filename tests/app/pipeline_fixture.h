// The service loop on an embedded broker: topics of its own for each test, a thread that runs the pipeline, and what it
// told.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/pipeline.h"
#include "kafka/client.h"
#include "tests/app/step_fixture.h"

namespace millrace::testing {

// Thread-safe sums over a run.
class Tally final : public PipelineObserver {
 public:
  void on_step(const StepObservation& step) override {
    const std::lock_guard lock(mutex_);
    records_ += step.records;
    ++steps_;
    changes_ += step.catalogue_changes;
    for (const auto& [what, count] : step.ingested.counts) outcomes_[what.outcome] += count;
  }
  void on_delivered(const Delivered& delivered) override {
    const std::lock_guard lock(mutex_);
    lists_ += delivered.lists;
    for (const Millis delay : delivered.freshness) freshness_.push_back(delay.count);
  }
  void on_rewind(TopicPartition, std::int64_t records) override {
    const std::lock_guard lock(mutex_);
    rewound_ += records;
  }
  void on_paused(Pause, bool paused) override {
    const std::lock_guard lock(mutex_);
    if (paused) ++pauses_;
  }
  void on_ready(Readiness check, bool passes, std::string_view) override {
    const std::lock_guard lock(mutex_);
    ready_[check] = passes;
  }
  void on_state(const StateObservation& state) override {
    const std::lock_guard lock(mutex_);
    backlog_ = state.publish_messages;
    statistics_seen_ = statistics_seen_ || !state.consumer_statistics.empty();
  }

  std::uint64_t records() const { return locked(records_); }
  std::uint64_t steps() const { return locked(steps_); }
  std::uint64_t changes() const { return locked(changes_); }
  std::uint64_t lists() const { return locked(lists_); }
  std::int64_t rewound() const { return locked(rewound_); }
  std::uint64_t pauses() const { return locked(pauses_); }
  bool statistics_seen() const { return locked(statistics_seen_); }
  std::vector<std::int64_t> freshness() const { return locked(freshness_); }
  std::uint64_t outcome(Outcome outcome) const {
    const std::lock_guard lock(mutex_);
    const auto found = outcomes_.find(outcome);
    return found == outcomes_.end() ? 0 : found->second;
  }
  bool ready(Readiness check) const {
    const std::lock_guard lock(mutex_);
    const auto found = ready_.find(check);
    return found != ready_.end() && found->second;
  }

 private:
  template <class T>
  T locked(const T& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }
  mutable std::mutex mutex_;
  std::uint64_t records_ = 0, steps_ = 0, changes_ = 0, lists_ = 0, pauses_ = 0, backlog_ = 0;
  std::int64_t rewound_ = 0;
  bool statistics_seen_ = false;
  std::map<Outcome, std::uint64_t> outcomes_;
  std::map<Readiness, bool> ready_;
  std::vector<std::int64_t> freshness_;
};

inline EmbeddedBroker& pipeline_broker() {
  static const std::unique_ptr<EmbeddedBroker> kBroker = [] {
    auto started = start_embedded_broker();
    EXPECT_TRUE(started.ok());
    return std::move(*started);
  }();
  return *kBroker;
}

// A small model, quick group changes, topics named after `name` with two partitions each.
inline Config pipeline_config(const std::string& name) {
  Config config;
  const StepOptions small = small_step_options();
  config.model = small.model;
  config.features.kinds = config.model.kinds = config.ingest.kinds = config.kinds;
  config.lists.length = 10;
  config.store.example_capacity = 2'000;
  config.store.checkpoint_steps = 5;
  config.service.state_directory = "/nonexistent/in-memory";
  config.kafka.bootstrap_servers = pipeline_broker().bootstrap_servers();
  config.kafka.group = name;
  config.kafka.commit_interval = Millis{100};
  // The embedded broker lets a group's next member wait for the session timeout of the last.
  config.kafka.properties = {{"session.timeout.ms", "3000"}, {"heartbeat.interval.ms", "500"}};
  config.input.items_topic = name + "-items";
  config.publish.options.list_topic = name + "-lists";
  for (InputTopic& topic : config.ingest.topics) topic.name = name + "-" + topic.name;
  return config;
}

inline void create_topics(const Config& config) {
  for (const InputTopic& topic : config.ingest.topics) {
    EXPECT_TRUE(pipeline_broker().create_topic(topic.name, 2).ok());
    EXPECT_TRUE(pipeline_broker().create_topic(topic.name + ".dlq", 2).ok());
  }
  EXPECT_TRUE(pipeline_broker().create_topic(config.input.items_topic, 1).ok());
  EXPECT_TRUE(pipeline_broker().create_topic(config.publish.options.list_topic, 2).ok());
}

inline bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

// A pipeline in a thread of its own; the destructor stops it.
class Running {
 public:
  Running(const Config& config, Store& store, PipelineObserver& observer) {
    auto opened = Pipeline::open(config, store, observer);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    pipeline_ = std::move(*opened);
    thread_ = std::thread([this] {
      result_ = pipeline_->run(stop_);
      ended_ = true;
    });
  }
  ~Running() { stop_and_join(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  bool ended() const { return ended_; }
  // Stops as SIGTERM does, and returns how the run ended.
  Status finish() {
    stop_and_join();
    return result_;
  }

 private:
  void stop_and_join() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  std::unique_ptr<Pipeline> pipeline_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> ended_{false};
  Status result_ = Ok{};
  std::thread thread_;
};

}  // namespace millrace::testing
