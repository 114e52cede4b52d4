// Errors of predicted ratings beside those of the running mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/calibration.h"
#include "app/evaluate/metrics.h"
#include "app/evaluate/report.h"
#include "app/evaluate/timeline.h"

namespace millrace {

struct RatingScoreOptions {
  std::optional<std::pair<float, float>> range;  // to which predictions are clipped; absent: the ratings met so far
  std::uint64_t stretch = 0;                     // events a point of the absolute error over time; 0: none
  bool calibration = false;
  std::optional<float> oracle;  // a constant prediction to be scored beside
};

class RatingScores {
 public:
  explicit RatingScores(const RatingScoreOptions& options)
      : options_(options), served_(options.stretch), mean_(options.stretch), oracle_(0) {}

  // `event`: how many were met before. Without a prediction the mean of the ratings met so far counts (the middle of
  // the range for the first).
  void add(std::uint64_t event, std::uint32_t cluster, float truth, std::optional<float> predicted);

  std::uint64_t count() const { return served_.absolute.count(); }
  double rmse() const;
  void report(ReportRow& served) const { report(served_, served); }
  void report_mean(ReportRow& row) const { report(mean_, row); }
  void report_oracle(ReportRow& row) const { report(oracle_, row); }
  std::vector<TimelinePoint> timeline() const { return served_.timeline.points(); }
  std::vector<TimelinePoint> mean_timeline() const { return mean_.timeline.points(); }
  std::vector<CalibrationBin> calibration() const { return calibration_.bins(); }

 private:
  struct Errors {
    explicit Errors(std::uint64_t stretch) : timeline(stretch) {}
    ClusteredMean absolute;
    ClusteredMean squared;
    Timeline timeline;
    void add(std::uint64_t event, std::uint32_t cluster, float error);
  };
  static void report(const Errors& errors, ReportRow& row);
  float running_mean() const;
  float clip(float rating) const;

  RatingScoreOptions options_;
  std::optional<std::pair<float, float>> met_;
  double total_ = 0.0;
  std::uint64_t count_ = 0;
  Errors served_;
  Errors mean_;
  Errors oracle_;
  RatingCalibration calibration_;
};

}  // namespace millrace
