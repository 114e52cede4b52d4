#include "model/candidate_lists.h"

#include <utility>

namespace millrace {

CandidateLists::CandidateLists(Families families, std::span<const RankRequest> requests, std::size_t per_family)
    : families_(families), requests_(requests), per_family_(per_family), by_batch_(families.size()) {
  if (requests.empty()) return;
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (families[f]->ranks_by_batch()) {
      by_batch_[f] = families[f]->rank(requests, per_family);
    } else if (families[f]->rank_version()) {
      ahead_.emplace_back(*families[f], requests, per_family);
    }
  }
}

std::vector<std::vector<ScoredItem>> CandidateLists::take(std::size_t at) {
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(families_.size());
  std::size_t next_ahead = 0;
  for (std::size_t f = 0; f < families_.size(); ++f) {
    if (!by_batch_[f].empty()) {
      lists.push_back(std::move(by_batch_[f][at]));
    } else if (families_[f]->rank_version()) {
      lists.push_back(ahead_[next_ahead++].take(at));
    } else {
      lists.push_back(std::move(families_[f]->rank(requests_.subspan(at, 1), per_family_).front()));
    }
  }
  return lists;
}

}  // namespace millrace
