#include "model/serve/team_draft.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <vector>

#include "model/serve/trial.h"

namespace millrace {
namespace {

class Draft {
 public:
  Draft(std::span<const Ranking> lists, Random random) : lists_(lists), next_(lists.size(), 0), random_(random) {}

  Ranking run(std::size_t k) {
    while (drafted_.size() < k) {
      if (waiting_.empty()) begin_round();
      if (waiting_.empty()) break;
      pick(waiting_[random_.below(waiting_.size())]);
    }
    return std::move(drafted_);
  }

 private:
  // Those that still have an item to put.
  void begin_round() {
    for (std::size_t team = 0; team < lists_.size(); ++team) {
      if (advance(team)) waiting_.push_back(team);
    }
  }
  bool advance(std::size_t team) {
    std::size_t& at = next_[team];
    while (at < lists_[team].size() && taken_.contains(lists_[team][at].item)) ++at;
    return at < lists_[team].size();
  }
  const RankedItem& best(std::size_t team) const { return lists_[team][next_[team]]; }

  void pick(std::size_t team) {
    RankedItem item = best(team);
    const auto same = std::count_if(waiting_.begin(), waiting_.end(),
                                    [&](std::size_t other) { return best(other).item == item.item; });
    item.propensity = static_cast<float>(same) / static_cast<float>(waiting_.size());
    item.learner = static_cast<std::uint8_t>(team);
    item.score = static_cast<float>(gain_of(static_cast<Place>(drafted_.size())));
    taken_.insert(item.item);
    drafted_.push_back(item);
    std::erase(waiting_, team);
    std::erase_if(waiting_, [this](std::size_t other) { return !advance(other); });
  }

  std::span<const Ranking> lists_;
  std::vector<std::size_t> next_;     // by team: its best item that is not taken
  std::vector<std::size_t> waiting_;  // teams that are still to pick in this round
  absl::flat_hash_set<ItemIndex> taken_;
  Random random_;
  Ranking drafted_;
};

}  // namespace

Ranking team_draft(std::span<const Ranking> lists, Random random, std::size_t k) { return Draft(lists, random).run(k); }

}  // namespace millrace
