// Errors of predicted ratings beside those of the running mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "app/evaluate/metrics.h"
#include "app/evaluate/report.h"

namespace millrace {

class RatingScores {
 public:
  // Predictions are clipped to `range`; absent: to the ratings met so far.
  explicit RatingScores(std::optional<std::pair<float, float>> range) : range_(range) {}

  // Without a prediction the mean of the ratings met so far counts (the middle of the range for the first).
  void add(std::uint32_t cluster, float truth, std::optional<float> predicted);

  std::uint64_t count() const { return served_.absolute.count(); }
  double rmse() const;
  void report(ReportRow& served) const { report(served_, served); }
  void report_mean(ReportRow& row) const { report(mean_, row); }

 private:
  struct Errors {
    ClusteredMean absolute;
    ClusteredMean squared;
    void add(std::uint32_t cluster, float error);
  };
  static void report(const Errors& errors, ReportRow& row);
  float running_mean() const;
  float clip(float rating) const;

  std::optional<std::pair<float, float>> range_;
  std::optional<std::pair<float, float>> met_;
  double total_ = 0.0;
  std::uint64_t count_ = 0;
  Errors served_;
  Errors mean_;
};

}  // namespace millrace
