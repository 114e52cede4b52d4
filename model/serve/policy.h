// Which of the learners' lists is served: one learner's, the champion's, a mixture or a draft. Reads the contest,
// decides nothing of it. Between the learner and its lists.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/list.h"
#include "core/result.h"
#include "model/options.h"
#include "model/serve/contest.h"

namespace millrace {

inline constexpr std::string_view kRankerLearner = "ranker";
inline constexpr std::string_view kServeChampion = "champion";
inline constexpr std::string_view kServeMixture = "mixture";
inline constexpr std::string_view kServeInterleave = "interleave";

// Whom a list is for.
struct Served {
  UserIndex user{};
  std::uint64_t step = 0;
  std::size_t length = 0;
};

class ServePolicy {
 public:
  // kInvalid: `serve` is neither a policy nor one of the learners. `contest` must outlive the policy.
  static Result<ServePolicy> make(std::string_view serve, const Contest& contest, std::uint64_t seed);

  // Whether lists are served of which this learner's may be one, as things stand.
  bool uses(std::size_t learner) const;
  // Whether items tell which learner put them there.
  bool names_learners() const { return kind_ != Kind::kOne; }

  // `list_of`: a learner's list, best first, called once for each that is used.
  Ranking serve(const Served& served, const std::function<Ranking(std::size_t learner)>& list_of) const;

 private:
  enum class Kind : std::uint8_t { kOne, kChampion, kMixture, kInterleave };
  ServePolicy(Kind kind, std::size_t one, const Contest& contest, std::uint64_t seed)
      : kind_(kind), one_(one), contest_(&contest), seed_(seed) {}

  Kind kind_;
  std::size_t one_;
  const Contest* contest_;
  std::uint64_t seed_;
};

}  // namespace millrace
