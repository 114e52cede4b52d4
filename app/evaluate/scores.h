// What is measured of one source of lists: what would be served, a learner alone, or the floor. A row of the report
// while it is being filled. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/evaluate/metrics.h"
#include "app/evaluate/popularity.h"
#include "app/evaluate/report.h"
#include "app/evaluate/timeline.h"

namespace millrace {

// Sub-rows: trials of users with and without an earlier event, and targets met often or hardly ever before.
enum class Part : std::uint8_t { kReturning, kNew, kWarm, kCold };
std::string_view part_name(Part part);

struct ScoreOptions {
  std::vector<RankMetric> metrics;  // the first is the headline
  std::vector<Part> parts;
  std::size_t list_length = 20;  // of which coverage, novelty, diversity and Gini are taken
  std::uint64_t stretch = 0;     // events a point of the headline over time; 0: none
  bool beyond_accuracy = false;  // diversity and Gini, too
};

// A trial as it is scored: `ranks` has one entry a target, the cold ones apart for the sub-rows.
struct ScoredTrial {
  std::uint32_t group = 0;
  std::uint32_t cluster = 0;
  std::uint64_t event = 0;  // how many were met before
  bool returning = false;
  std::span<const bool> cold;  // by target
  std::span<const std::optional<std::size_t>> ranks;
};

class RowScores {
 public:
  explicit RowScores(const ScoreOptions& options);

  void score(const ScoredTrial& trial);
  // The items of a list, best first, by their number in `memory`.
  void show(std::span<const std::uint32_t> items, const StreamMemory& memory);

  double headline() const { return means_.mean(0); }
  std::vector<TimelinePoint> timeline() const { return timeline_.points(); }
  // `memory`: at the end of the stream.
  ReportRow report(const StreamMemory& memory) const;

 private:
  void add(ClusteredMeans& means, const ScoredTrial& trial, std::span<const std::optional<std::size_t>> ranks);
  void score_items(std::size_t part, const ScoredTrial& trial, bool cold);
  void append_means(const ClusteredMeans& means, ReportRow& row) const;
  void append_list_measures(const StreamMemory& memory, ReportRow& row) const;

  ScoreOptions options_;
  ClusteredMeans means_;
  std::vector<ClusteredMeans> parts_;
  Timeline timeline_;
  std::vector<std::uint64_t> shown_;  // times, by item number
  std::uint64_t listed_ = 0;
  double surprise_ = 0.0;
  std::uint64_t lists_ = 0;  // of two items or more
  double diversity_ = 0.0;
  std::vector<double> values_;                     // scratch
  std::vector<std::optional<std::size_t>> ranks_;  // scratch
};

}  // namespace millrace
