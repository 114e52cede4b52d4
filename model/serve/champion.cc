#include "model/serve/champion.h"

#include <algorithm>

namespace millrace {

Champion::Champion(std::size_t learners, std::size_t first, double confidence, std::uint64_t horizon)
    : champion_(first) {
  const auto challengers = static_cast<double>(std::max<std::size_t>(learners, 2) - 1);
  leads_.assign(learners, PairedDifference((1.0 - confidence) / challengers, horizon));
}

void Champion::learn(std::span<const double> gains) {
  for (std::size_t i = 0; i < gains.size(); ++i) {
    if (i != champion_) leads_[i].add(gains[i] - gains[champion_]);
  }
}

bool Champion::decide() {
  std::size_t best = champion_;
  double lead = 0.0;
  for (std::size_t i = 0; i < leads_.size(); ++i) {
    const Interval interval = leads_[i].interval();
    if (i == champion_ || interval.low <= 0.0 || interval.mean <= lead) continue;
    best = i;
    lead = interval.mean;
  }
  if (best == champion_) return false;
  restore(best, changes_ + 1);
  for (PairedDifference& difference : leads_) difference.clear();
  return true;
}

void Champion::restore(std::size_t champion, std::uint64_t changes) {
  champion_ = champion;
  changes_ = changes;
}

}  // namespace millrace
