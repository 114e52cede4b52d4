// Every family's best items for the predictions of one step, asked in their order while the families observe events in
// between. Each family answers as cheaply as it can without a different answer: ahead in blocks (rank_ahead.h) or one
// by one. Between the learner and the families.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/candidates.h"
#include "model/rank_ahead.h"

namespace millrace {

// Requests begin … begin + count - 1.
struct TaskRange {
  std::size_t begin;
  std::size_t count;
};
// A quarter of what is left each, from 64 down to 16: products as wide as they get at first, for each reads the whole
// table of items, and short tasks at last, so that threads end together though others use the cores as well (guided
// self-scheduling: Polychronopoulos and Kuck, 1987). By the number of requests alone, not by that of threads.
std::vector<TaskRange> cut_into_tasks(std::size_t requests);

class CandidateLists {
 public:
  // Ranks at once what is ranked by batch. All arguments must outlive this.
  // Popularity offers `at_least`, so that nobody's list is shorter while there are items. For a user without a history
  // each family that is not ranked ahead offers twice as many: half of them have nothing to say of him.
  CandidateLists(Families families, std::span<const RankRequest> requests, std::size_t per_family,
                 std::size_t at_least = 0);

  // By family, its best items for requests[at]. Called once for each request, in order.
  std::vector<std::vector<ScoredItem>> take(std::size_t at);

 private:
  std::size_t wanted(const Family& family, double share = 1.0) const;

  Families families_;
  std::span<const RankRequest> requests_;
  std::size_t per_family_;
  std::size_t at_least_;
  std::vector<RankAhead> ahead_;  // one for each family that has a version, in their order
};

}  // namespace millrace
