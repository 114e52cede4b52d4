// Behind metrics.h: the registry with the series that are made of more than one number. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "metrics/metrics.h"
#include "metrics/registry.h"
#include "metrics/running_mean.h"

namespace millrace {

// Values of labels, by the enums of metrics.h.
inline constexpr std::array<std::string_view, 4> kEffortNames{"least", "some", "full", "idle"};
inline constexpr std::array<std::string_view, 6> kStageNames{"decode", "features", "store",
                                                             "model",  "lists",    "publish"};
inline constexpr std::array<std::string_view, 3> kRebalanceNames{"assigned", "revoked", "lost"};
inline constexpr std::array<std::string_view, 3> kPauseNames{"backlog", "disk", "dead_letters"};
inline constexpr std::array<std::string_view, 2> kCacheNames{"users", "items"};
inline constexpr std::array<std::string_view, 2> kQueueNames{"ingest", "publish"};
inline constexpr std::array<std::string_view, 3> kClientNames{"consumer", "producer", "reader"};

template <class Enum, std::size_t N>
std::string name_of(const std::array<std::string_view, N>& names, Enum value) {
  return std::string(names[static_cast<std::size_t>(value)]);
}

inline double real(std::uint64_t count) { return static_cast<double>(count); }

Labels partition_labels(const std::string& topic, std::int32_t partition);
Labels record_labels(const std::string& topic, const std::string& kind, Outcome outcome);

struct Metrics::State {
  // Shows with 0 what is known from the configuration: rates need a first value to grow from.
  explicit State(MetricsOptions given);

  const std::string& topic(TopicIndex index) const { return options.topics.at(raw(index)); }
  std::string kind(std::optional<KindIndex> index) const;

  void count_live(const std::map<LiveSeries, LiveSums>& sums);
  void run_live(const std::map<LiveSeries, LiveSums>& sums);
  void run_loss(double mean, double examples);
  void count_learners(std::span<const LearnerResult> results);
  void show_standing(const LearnerStanding& standing);
  void brokers(const std::string& client, std::span<const BrokerStatistics> brokers);
  void fetch_queues(std::span<const PartitionStatistics> partitions);

  MetricsOptions options;
  Registry registry;

 private:
  void show_build();
  void show_records();
  void show_fixed();
  void show_live();
  void show_learners();
  void run_learners(std::span<const LearnerResult> results);
  void window(Metric metric, Labels labels, const LatencyWindow& values);

  std::mutex mutex_;  // guards the running means
  RunningMean loss_;
  LiveMeans live_means_;
  std::vector<LiveMeans::Means> learner_means_;  // by learner
};

}  // namespace millrace
