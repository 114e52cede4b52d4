// What the service loop is made of; shared by the files that implement it: pipeline.cc (the loop), pipeline_step.cc
// (one step and its commit), pipeline_watch.cc (what observers are told, and free disk).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "app/pipeline.h"
#include "app/pipeline_effort.h"
#include "app/pipeline_items.h"
#include "app/pipeline_lease.h"
#include "app/pipeline_names.h"
#include "app/pipeline_outlet.h"
#include "app/pipeline_pauses.h"
#include "app/pipeline_source.h"
#include "app/pipeline_time.h"
#include "app/pipeline_versions.h"

namespace millrace {

struct Pipeline::State {
  State(const Config& settings, Store& state, PipelineObserver& watcher, const Clock& time, KafkaClients& clients,
        Versions base, std::unique_ptr<Step> opened);

  Status run(const std::atomic<bool>& stop);
  Status connect(const std::atomic<bool>& stop);
  Status prepare();
  Status read_catalogue(const std::atomic<bool>& stop);
  Status turn();
  Status follow_items();
  Status run_step(std::span<const Record> records);
  StepInput input_of(Ingested& ingested, std::size_t records, double idle_seconds);
  std::vector<DeadLetter> collect_letters(Ingested& ingested);
  void pause_on_dead_letters(std::uint64_t records, std::uint64_t letters);
  Status commit(WriteBatch& batch);
  Status rest();
  void watch();
  void watch_disk();
  StateObservation observe_state();
  Status drain(std::chrono::milliseconds timeout);
  Status finish();
  Status recover(const Error& error, KafkaClient client);
  void renew_lease();
  Status follow_partitions();

  const Config config;
  Store& store;
  PipelineObserver& observer;
  const Clock& clock;
  KafkaClients& kafka;
  Versions versions;
  std::unique_ptr<Step> step;
  PipelineNames names;
  std::unique_ptr<Ingest> ingest;
  Lease lease;
  Outlet outlet;
  GroupSource source;  // after the outlet, which it tells of partitions taken away, also when it is destroyed
  std::optional<ItemsFeed> items;
  EffortGovernor governor;
  Stopwatch between_steps;
  BacklogGauge backlog;
  DeadLetterGauge dead_letters;
  WriteBatch pending;  // erasures of what was delivered; a step's changes come on top
  std::uint64_t next_dead_letter = 0;
  std::uint64_t disk_free_bytes = 0;
  Timer commit_timer;
  Timer state_timer{clock, std::chrono::seconds(1)};
  Timer table_timer{clock, std::chrono::seconds(30)};
  Timer erasure_timer{clock, std::chrono::milliseconds(100)};  // commits of erasures alone
};

}  // namespace millrace
