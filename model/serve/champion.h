// Who is served as the champion: whoever is until another's lead over him is certain (difference.h). One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.h"
#include "model/serve/difference.h"

namespace millrace {

class Champion {
 public:
  // `confidence`: of all challengers' intervals together; `first`: who is before anything is known.
  Champion(std::size_t learners, std::size_t first, double confidence, std::uint64_t horizon);

  // One gain in [0, 1] a learner.
  void learn(std::span<const double> gains);
  // Once a step: hands over where a challenger's interval lies above zero, to the one with the largest lead, of equals
  // the first. Whether it did.
  bool decide();

  std::size_t champion() const { return champion_; }
  // The learner's gain less the champion's.
  Interval lead(std::size_t learner) const { return leads_[learner].interval(); }
  std::uint64_t changes() const { return changes_; }

  PairedDifference& difference(std::size_t learner) { return leads_[learner]; }
  const PairedDifference& difference(std::size_t learner) const { return leads_[learner]; }
  void restore(std::size_t champion, std::uint64_t changes);

 private:
  std::size_t champion_;
  std::uint64_t changes_ = 0;
  std::vector<PairedDifference> leads_;  // over the champion; his own stays empty
};

}  // namespace millrace
