// Turns what the pipeline tells its observer into metrics and health. Called on the pipeline's thread; what it feeds
// may be read from any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/pipeline_observer.h"
#include "metrics/health.h"
#include "metrics/metrics.h"

namespace millrace {

MetricsOptions metrics_options(const Config& config, std::string version, std::string commit);

class MetricsObserver final : public PipelineObserver {
 public:
  // Both must outlive the observer.
  MetricsObserver(Metrics& metrics, Health& health, EffortSettings effort = {});

  void on_beat() override;
  void on_relearnt(std::uint64_t steps) override;
  void on_step(const StepObservation& step) override;
  void on_delivered(const Delivered& delivered) override;
  void on_state(const StateObservation& state) override;
  void on_rebalance(Rebalance what, std::size_t partitions) override;
  void on_rewind(TopicPartition partition, std::int64_t records) override;
  void on_moved(TopicPartition partition, std::int64_t records) override;
  void on_store_rewound() override;
  void on_paused(Pause why, bool paused) override;
  void on_ready(Readiness check, bool passes, std::string_view detail) override;
  void on_client_restart(KafkaClient client) override;

 private:
  void ingested(const StepObservation& step);
  void timed(const StepObservation& step);
  void trials(std::span<const LiveTrial> trials);
  void learners(const StepObservation& step);
  void effort(const StepObservation& step);
  void client(Client client, const std::string& statistics);

  Metrics& metrics_;
  Health& health_;
  EffortSettings effort_;
  std::optional<std::uint64_t> champion_changes_;  // as of the newest step
};

}  // namespace millrace
