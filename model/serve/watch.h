// Whether a learner has collapsed, by its loss and its recall against their own long averages (decision 0010). Part of
// the model's state, saved with every step. One thread.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace millrace {

// Two exponentially forgetting means of one quantity, of the recent and of the long past.
class TwoMeans {
 public:
  TwoMeans(double fast_half_life, double slow_half_life);
  // `mean` of `weight` observations.
  void add(double mean, double weight);
  double fast() const { return fast_.value(); }
  double slow() const { return slow_.value(); }
  double observed() const { return observed_; }  // observations ever

  void encode(ByteWriter& out) const;  // 5 × f64
  void decode(ByteReader& in);

 private:
  struct Mean {
    double keep = 0.0;  // of one observation's weight, its logarithm
    double sum = 0.0;
    double weight = 0.0;
    void add(double mean, double observations);
    double value() const { return weight > 0.0 ? sum / weight : 0.0; }
  };
  Mean fast_, slow_;
  double observed_ = 0.0;
};

// Of hits (1) and misses (0) by trials.
TwoMeans recall_means();

class CollapseWatch {
 public:
  CollapseWatch();

  // A step's trials.
  void add_trials(double hits, double trials) { recall_.add(hits / trials, trials); }
  // A loss that is not finite makes the learner collapsed until restart().
  void add_loss(double sum, std::uint64_t examples);
  void set_not_finite() { finite_ = false; }

  // `others_kept`: the share of their long average that the other learners' recall still has.
  bool collapsed(double others_kept) const;
  // Observed for long enough, and nowhere near collapsing: its state may become the good one.
  bool assured() const;
  // After a rollback: nothing is known.
  void restart() { *this = CollapseWatch(); }

  void encode(ByteWriter& out) const;  // 10 × f64
  void decode(ByteReader& in);

 private:
  bool recall_collapsed() const;
  bool loss_collapsed() const;

  TwoMeans recall_, loss_;
  bool finite_ = true;
};

}  // namespace millrace
