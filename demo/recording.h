// What a long run took and gave, over time: a line of a CSV file every so often, and the same as a picture. One thread.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/result.h"
#include "demo/progress.h"
#include "demo/samples.h"

namespace millrace {

// Of the time since the moment before, where that is meaningful.
struct RecordedMoment {
  double seconds = 0.0;
  std::uint64_t records = 0;  // with an outcome, in all
  double records_per_second = 0.0;
  std::uint64_t lag = 0;
  double resident_mib = 0.0;
  double disk_mib = 0.0;
  double freshness_p50_ms = 0.0;  // 0: no list was delivered
  double freshness_p99_ms = 0.0;
  double recall = 0.0;
  double popularity_recall = 0.0;
  double users_evicted = 0.0;
};

// Lines over time, stacked; an SVG.
std::string draw_moments(const std::vector<RecordedMoment>& moments);

class Recording {
 public:
  // Writes into `folder`, created if missing, what is measured of the state directory and the metrics. `seconds`: how
  // long the run is expected to take; it is cut into about 900 moments, of a second at least.
  static Result<Recording> open(const std::filesystem::path& folder, const std::filesystem::path& state,
                                double seconds);
  // Takes a moment if one is due.
  void observe(const Reading& reading, const Samples& samples);
  // The picture; what it shows is in the CSV file as soon as it is observed.
  Status draw() const;

 private:
  Recording(std::filesystem::path folder, std::filesystem::path state, double every);

  std::filesystem::path folder_;
  std::filesystem::path state_;
  double every_;
  std::ofstream csv_;
  std::vector<RecordedMoment> moments_;
  Reading last_;
};

}  // namespace millrace
