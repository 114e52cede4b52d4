#include "app/evaluate/calibration.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr std::size_t kBins = 20;
// Of the logarithm of a probability, from e^-20 to 1.
constexpr double kLogLeast = -20.0;
constexpr std::size_t kLogBins = 65'536;
constexpr double kRatingBins = 4.0;  // a step

std::size_t log_bin(double probability) {
  const double share = std::clamp(1.0 - std::log(std::max(probability, 1e-300)) / kLogLeast, 0.0, 1.0);
  return std::min(kLogBins - 1, static_cast<std::size_t>(share * static_cast<double>(kLogBins)));
}

}  // namespace

ListCalibration::ListCalibration() : bins_(kBins), taken_(kLogBins), left_(kLogBins) {}

void ListCalibration::add(std::span<const float> scores, const std::vector<bool>& taken) {
  const auto choices = static_cast<double>(std::count(taken.begin(), taken.end(), true));
  if (choices == 0.0) return;
  const float best = *std::max_element(scores.begin(), scores.end());
  double total = 0.0;
  for (const float score : scores) total += std::exp(static_cast<double>(score - best));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    add(std::exp(static_cast<double>(scores[i] - best)) / total, choices, taken[i] ? 1.0 : 0.0);
  }
}

void ListCalibration::add(double probability, double choices, double taken) {
  Bin& bin = bins_[std::min(kBins - 1, static_cast<std::size_t>(probability * static_cast<double>(kBins)))];
  bin.count += choices;
  bin.predicted += choices * probability;
  bin.taken += taken;
  (taken > 0.0 ? taken_ : left_)[log_bin(probability)] += 1.0;
}

std::optional<double> ListCalibration::auc() const {
  double below = 0.0;  // left items that are less probable
  double pairs_won = 0.0;
  double taken = 0.0;
  for (std::size_t i = 0; i < kLogBins; ++i) {
    pairs_won += taken_[i] * below;
    below += left_[i];
    taken += taken_[i];
  }
  if (taken == 0.0 || below == 0.0) return std::nullopt;
  return pairs_won / (taken * below);
}

double ListCalibration::error() const {
  double count = 0.0;
  double difference = 0.0;
  for (const Bin& bin : bins_) {
    count += bin.count;
    difference += std::fabs(bin.predicted - bin.taken);
  }
  return count == 0.0 ? 0.0 : difference / count;
}

std::vector<CalibrationBin> ListCalibration::bins() const {
  std::vector<CalibrationBin> result;
  for (const Bin& bin : bins_) {
    if (bin.count == 0.0) continue;
    const double observed = bin.taken / bin.count;
    result.push_back({bin.predicted / bin.count, observed,
                      std::sqrt(std::max(0.0, observed * (1.0 - observed)) / bin.count), bin.count});
  }
  return result;
}

void RatingCalibration::add(double predicted, double given) {
  Bin& bin = bins_[static_cast<int>(std::floor(predicted * kRatingBins))];
  bin.count += 1.0;
  bin.predicted += predicted;
  bin.given += given;
  bin.squares += given * given;
}

std::vector<CalibrationBin> RatingCalibration::bins() const {
  std::vector<CalibrationBin> result;
  for (const auto& [at, bin] : bins_) {
    const double given = bin.given / bin.count;
    const double variance = std::max(0.0, bin.squares / bin.count - given * given);
    result.push_back({bin.predicted / bin.count, given, std::sqrt(variance / bin.count), bin.count});
  }
  return result;
}

}  // namespace millrace
