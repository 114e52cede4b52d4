#include "model/candidate_lists.h"

#include <algorithm>
#include <utility>

#include "model/nn/matmul.h"

namespace millrace {

namespace {

constexpr double kNewcomersShare = 2.0;

}  // namespace

std::vector<TaskRange> cut_into_tasks(std::size_t requests) {
  constexpr std::size_t kProduct = 16;
  constexpr std::size_t kThreads = 4;  // as many as there are by default
  std::vector<TaskRange> tasks;
  for (std::size_t begin = 0; begin < requests;) {
    const std::size_t left = requests - begin;
    const std::size_t share = nn::padded((left + kThreads - 1) / kThreads, kProduct);
    const std::size_t count = std::min({share, left, RankAhead::kMostAhead});
    tasks.push_back({begin, count});
    begin += count;
  }
  return tasks;
}

CandidateLists::CandidateLists(Families families, std::span<const RankRequest> requests, std::size_t per_family,
                               std::size_t at_least)
    : families_(families), requests_(requests), per_family_(per_family), at_least_(at_least) {
  for (const auto& family : families) {
    if (family->rank_version()) ahead_.emplace_back(*family, requests, wanted(*family));
  }
}

std::size_t CandidateLists::wanted(const Family& family, double share) const {
  const auto count = static_cast<std::size_t>(share * family.candidates_share() * static_cast<double>(per_family_));
  return family.reason() == Reason::kPopular ? std::max(count, at_least_) : count;
}

std::vector<std::vector<ScoredItem>> CandidateLists::take(std::size_t at) {
  const double share = requests_[at].context->history.empty() ? kNewcomersShare : 1.0;
  std::vector<std::vector<ScoredItem>> lists;
  lists.reserve(families_.size());
  std::size_t next_ahead = 0;
  for (const auto& family : families_) {
    if (family->rank_version()) {
      lists.push_back(ahead_[next_ahead++].take(at));
    } else {
      lists.push_back(std::move(family->rank(requests_.subspan(at, 1), wanted(*family, share)).front()));
    }
  }
  return lists;
}

}  // namespace millrace
