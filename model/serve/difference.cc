#include "model/serve/difference.h"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr double kMostBet = 0.5;
constexpr double kPriorMean = 0.5;
constexpr double kPriorVariance = 0.25;

}  // namespace

PairedDifference::PairedDifference(double level, std::uint64_t horizon)
    : surprise_(std::log(2.0 / level)), horizon_(horizon) {}

// λ: known before the difference that it is put on.
double PairedDifference::bet() const {
  const double variance = (kPriorVariance + squares_) / (static_cast<double>(count_) + 1.0);
  return std::min(kMostBet, std::sqrt(2.0 * surprise_ / (variance * static_cast<double>(horizon_))));
}

void PairedDifference::add(double difference) {
  if (count_ >= horizon_) clear();
  const double x = (std::clamp(difference, -1.0, 1.0) + 1.0) / 2.0;
  const double mean = (kPriorMean + sum_) / (static_cast<double>(count_) + 1.0);
  const double lambda = bet();
  const double square = (x - mean) * (x - mean);
  bets_ += lambda;
  weighted_ += lambda * x;
  variance_ += square * (-std::log1p(-lambda) - lambda);
  ++count_;
  sum_ += x;
  squares_ += square;
}

Interval PairedDifference::interval() const {
  if (count_ == 0) return {};
  const double centre = 2.0 * weighted_ / bets_ - 1.0;
  const double half = 2.0 * (surprise_ + variance_) / bets_;
  return {std::max(-1.0, centre - half), centre, std::min(1.0, centre + half)};
}

void PairedDifference::clear() {
  count_ = 0;
  sum_ = squares_ = bets_ = weighted_ = variance_ = 0.0;
}

void PairedDifference::encode(ByteWriter& out) const {
  out.varint(count_);
  for (const double value : {sum_, squares_, bets_, weighted_, variance_}) out.f64(value);
}

void PairedDifference::decode(ByteReader& in) {
  count_ = in.varint();
  for (double* value : {&sum_, &squares_, &bets_, &weighted_, &variance_}) *value = in.f64();
}

}  // namespace millrace
