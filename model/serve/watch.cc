#include "model/serve/watch.h"

#include <cmath>

namespace millrace {
namespace {

constexpr double kTrialsFast = 500.0;
constexpr double kTrialsSlow = 20'000.0;
constexpr double kTrialsLeast = 2'000.0;  // observed before anything is judged
constexpr double kExamplesFast = 2'000.0;
constexpr double kExamplesSlow = 100'000.0;
constexpr double kExamplesLeast = 10'000.0;

constexpr double kRecallLeast = 0.2;  // of the long average; it wavers by half on some streams
constexpr double kStandardErrors = 5.0;
constexpr double kLossMost = 1.5;     // times the long average
constexpr double kOthersLeast = 0.7;  // below it the stream has changed, not the learner
constexpr double kAssuredRecall = 0.8;
constexpr double kAssuredLoss = 1.2;

// Of an exponentially forgetting mean: (1 + λ) / (1 − λ) with λ = 2^(−1 / half-life).
double effective_observations(double half_life) { return 2.0 * half_life / std::log(2.0); }

}  // namespace

TwoMeans::TwoMeans(double fast_half_life, double slow_half_life) {
  fast_.keep = -std::log(2.0) / fast_half_life;
  slow_.keep = -std::log(2.0) / slow_half_life;
}

void TwoMeans::Mean::add(double mean, double observations) {
  const double kept = std::exp(keep * observations);
  sum = sum * kept + mean * (1.0 - kept);
  weight = weight * kept + (1.0 - kept);
}

void TwoMeans::add(double mean, double weight) {
  if (!(weight > 0.0)) return;
  fast_.add(mean, weight);
  slow_.add(mean, weight);
  observed_ += weight;
}

void TwoMeans::encode(ByteWriter& out) const {
  for (const double value : {fast_.sum, fast_.weight, slow_.sum, slow_.weight, observed_}) out.f64(value);
}

void TwoMeans::decode(ByteReader& in) {
  for (double* value : {&fast_.sum, &fast_.weight, &slow_.sum, &slow_.weight, &observed_}) *value = in.f64();
}

TwoMeans recall_means() { return {kTrialsFast, kTrialsSlow}; }

CollapseWatch::CollapseWatch() : recall_(recall_means()), loss_(kExamplesFast, kExamplesSlow) {}

void CollapseWatch::add_loss(double sum, std::uint64_t examples) {
  if (!std::isfinite(sum)) return set_not_finite();
  if (examples > 0) loss_.add(sum / static_cast<double>(examples), static_cast<double>(examples));
}

bool CollapseWatch::recall_collapsed() const {
  if (recall_.observed() < kTrialsLeast) return false;
  const double promised = recall_.slow();
  const double error = std::sqrt(promised * (1.0 - promised) / effective_observations(kTrialsFast));
  return recall_.fast() < kRecallLeast * promised && promised - recall_.fast() > kStandardErrors * error;
}

bool CollapseWatch::loss_collapsed() const {
  return loss_.observed() >= kExamplesLeast && loss_.slow() > 0.0 && loss_.fast() > kLossMost * loss_.slow();
}

bool CollapseWatch::collapsed(double others_kept) const {
  if (!finite_) return true;
  return others_kept >= kOthersLeast && (recall_collapsed() || loss_collapsed());
}

bool CollapseWatch::assured() const {
  const bool long_enough = recall_.observed() >= kTrialsLeast || loss_.observed() >= kExamplesLeast;
  return finite_ && long_enough && recall_.fast() >= kAssuredRecall * recall_.slow() &&
         loss_.fast() <= kAssuredLoss * loss_.slow();
}

void CollapseWatch::encode(ByteWriter& out) const {
  recall_.encode(out);
  loss_.encode(out);
}

void CollapseWatch::decode(ByteReader& in) {
  recall_.decode(in);
  loss_.decode(in);
}

}  // namespace millrace
