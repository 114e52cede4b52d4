// Asks one family for the lists of predictions to come, many in one call, and again where the family has changed before
// their turn: the answers of asking one by one, at the price of a batch. Between the learner and families that have a
// rank_version().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/families/family.h"

namespace millrace {

class RankAhead {
 public:
  // A block of queries of the exact scan.
  static constexpr std::size_t kMostAhead = 64;

  // The family must have a rank_version(). All arguments must outlive this.
  RankAhead(Family& family, std::span<const RankRequest> requests, std::size_t k)
      : family_(family), requests_(requests), k_(k) {}

  // The list of requests[at]. Called once for each, in order; score() for the same context right after finds what
  // rank() has worked out.
  std::vector<ScoredItem> take(std::size_t at);

 private:
  Family& family_;
  std::span<const RankRequest> requests_;
  std::size_t k_;
  std::size_t begin_ = 0;  // request of the first list
  std::vector<std::vector<ScoredItem>> lists_;
  std::optional<std::uint64_t> version_;  // of the lists
  std::size_t chunk_ = kMostAhead;
};

}  // namespace millrace
