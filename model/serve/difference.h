// The mean of paired differences, with an interval that may be looked at after every one of them: the predictable
// plug-in empirical Bernstein confidence sequence (Waudby-Smith and Ramdas, "Estimating means of bounded random
// variables by betting", JRSS B 2024, theorem 2), tuned to be narrowest at the horizon. It covers the weighted mean of
// what each difference was expected to be, at all times at once, with probability 1 − level. One thread.
#pragma once

#include <cstdint>

#include "core/bytes.h"

namespace millrace {

struct Interval {
  double low = -1.0;
  double mean = 0.0;
  double high = 1.0;
};

class PairedDifference {
 public:
  // `horizon`: after so many differences it begins anew.
  PairedDifference(double level, std::uint64_t horizon);

  void add(double difference);  // in [−1, 1]
  Interval interval() const;
  std::uint64_t count() const { return count_; }
  void clear();

  void encode(ByteWriter& out) const;  // varint count, then f64 each: the five sums
  void decode(ByteReader& in);

 private:
  double bet() const;

  double surprise_;  // ln(2 / level)
  std::uint64_t horizon_;
  // Of (difference + 1) / 2, in [0, 1].
  std::uint64_t count_ = 0;
  double sum_ = 0.0;
  double squares_ = 0.0;   // Σ (x − mean before it, regularised)²
  double bets_ = 0.0;      // Σ λ
  double weighted_ = 0.0;  // Σ λ x
  double variance_ = 0.0;  // Σ (x − mean before it)² ψ(λ)
};

}  // namespace millrace
