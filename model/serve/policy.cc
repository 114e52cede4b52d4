#include "model/serve/policy.h"

#include "core/random.h"
#include "model/serve/fusion.h"
#include "model/serve/team_draft.h"

namespace millrace {
namespace {

// Beyond all other purposes of the model's generators; the user is added.
constexpr std::uint64_t kDraftPurpose = 1ULL << 40;

}  // namespace

Result<ServePolicy> ServePolicy::make(std::string_view serve, const Contest& contest, std::uint64_t seed) {
  if (serve == kServeChampion) return ServePolicy(Kind::kChampion, 0, contest, seed);
  if (serve == kServeMixture) return ServePolicy(Kind::kMixture, 0, contest, seed);
  if (serve == kServeInterleave) return ServePolicy(Kind::kInterleave, 0, contest, seed);
  if (const auto one = contest.find(serve)) return ServePolicy(Kind::kOne, *one, contest, seed);
  std::string known;
  for (const std::string& name : contest.learners()) known += ", " + name;
  return stop_error(ErrorCode::kInvalid, "choosing what to serve: '" + std::string(serve) +
                                             "' is neither a policy nor a learner; expected one of champion, mixture, "
                                             "interleave" +
                                             known + "; correct model.serve or model.learners in the configuration");
}

bool ServePolicy::uses(std::size_t learner) const {
  if (kind_ == Kind::kOne) return learner == one_;
  return kind_ != Kind::kChampion || learner == contest_->champion();
}

Ranking ServePolicy::serve(const Served& served, const std::function<Ranking(std::size_t learner)>& list_of) const {
  if (kind_ == Kind::kOne) return list_of(one_);
  if (kind_ == Kind::kChampion) {
    Ranking list = list_of(contest_->champion());
    for (RankedItem& item : list) item.learner = static_cast<std::uint8_t>(contest_->champion());
    return list;
  }
  std::vector<Ranking> lists;
  for (std::size_t learner = 0; learner < contest_->learners().size(); ++learner) lists.push_back(list_of(learner));
  if (kind_ == Kind::kMixture) return fuse(lists, contest_->weights(), served.length);
  return team_draft(lists, Random(seed_, served.step, kDraftPurpose + raw(served.user)), served.length);
}

}  // namespace millrace
