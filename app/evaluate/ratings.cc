#include "app/evaluate/ratings.h"

#include <algorithm>
#include <cmath>

namespace millrace {

void RatingScores::Errors::add(std::uint64_t event, std::uint32_t cluster, float error) {
  timeline.add(event, std::fabs(static_cast<double>(error)));
  absolute.add(0, cluster, std::fabs(static_cast<double>(error)));
  squared.add(0, cluster, static_cast<double>(error) * static_cast<double>(error));
}

float RatingScores::running_mean() const {
  if (count_ > 0) return static_cast<float>(total_ / static_cast<double>(count_));
  return options_.range.has_value() ? (options_.range->first + options_.range->second) / 2.0F : 0.0F;
}

float RatingScores::clip(float rating) const {
  const auto& range = options_.range.has_value() ? options_.range : met_;
  return range.has_value() ? std::clamp(rating, range->first, range->second) : rating;
}

void RatingScores::add(std::uint64_t event, std::uint32_t cluster, float truth, std::optional<float> predicted) {
  const float served = clip(predicted.value_or(running_mean()));
  served_.add(event, cluster, served - truth);
  mean_.add(event, cluster, clip(running_mean()) - truth);
  if (options_.oracle) oracle_.add(event, cluster, *options_.oracle - truth);
  if (options_.calibration && predicted) calibration_.add(static_cast<double>(served), static_cast<double>(truth));
  total_ += static_cast<double>(truth);
  ++count_;
  if (!met_.has_value()) met_.emplace(truth, truth);
  met_->first = std::min(met_->first, truth);
  met_->second = std::max(met_->second, truth);
}

double RatingScores::rmse() const { return std::sqrt(served_.squared.mean()); }

void RatingScores::report(const Errors& errors, ReportRow& row) {
  const double rmse = std::sqrt(errors.squared.mean());
  row.values.emplace_back("mae", errors.absolute.mean());
  row.values.emplace_back("mae_se", errors.absolute.standard_error());
  row.values.emplace_back("rmse", rmse);
  // To first order: the error of a root is the error of its square over twice the root.
  row.values.emplace_back("rmse_se", rmse > 0.0 ? errors.squared.standard_error() / (2.0 * rmse) : 0.0);
}

}  // namespace millrace
