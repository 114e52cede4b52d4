// Of what is taken, what is bought: the probability of a purchase given a touch, a logistic regression on the ranker's
// standardised columns of the candidate and of the event, learnt from every click (0) and purchase (1) that the ranker
// learns from, with Adagrad. One thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/bytes.h"
#include "model/ranker/stored_columns.h"

namespace millrace {

class PurchaseHead {
 public:
  // Padded lengths of a candidate's and of the event's columns, multiples of nn::kLanes.
  PurchaseHead(std::size_t features, std::size_t event);

  // ln p(purchase | touch)
  float log_probability(std::span<const float> features, std::span<const float> event) const;
  // Learns from it at the next learn().
  void keep(std::span<const float> features, std::span<const float> event, bool purchased);
  // Learns from all that was kept, in one update, and forgets it.
  void learn();

  bool is_finite() const;
  void encode(ByteWriter& out) const;
  // `event`: with the constant after its columns.
  void decode(ByteReader& in, const StoredColumns& features, const StoredColumns& event);

 private:
  float logit(std::span<const float> features, std::span<const float> event) const;

  std::size_t features_;
  std::vector<float> weights_, squares_;  // of the candidate's columns, then of the event's
  std::vector<float> gradient_;
  std::size_t kept_ = 0;
};

}  // namespace millrace
