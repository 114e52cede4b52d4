#include "model/serve/lineup.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/families/registry.h"
#include "model/serve/places.h"

namespace millrace {
namespace {

Status check_learners(std::span<const std::string> learners, const ModelOptions& options) {
  const std::vector<std::string> possible = possible_learners(options.families);
  for (std::size_t i = 0; i < learners.size(); ++i) {
    const bool is_known = std::find(possible.begin(), possible.end(), learners[i]) != possible.end();
    const auto here = learners.begin() + static_cast<std::ptrdiff_t>(i);
    if (is_known && std::find(learners.begin(), here, learners[i]) == here) continue;
    std::string all;
    for (const std::string& each : possible) all += (all.empty() ? "" : ", ") + each;
    return stop_error(ErrorCode::kInvalid, "choosing the learners: '" + learners[i] + "' is " +
                                               (is_known ? "there twice" : "none") + "; expected some of " + all +
                                               "; correct model.learners in the configuration");
  }
  return Ok{};
}

std::size_t family_named(Families families, std::string_view name) {
  std::size_t f = 0;
  while (f < families.size() && families[f]->name() != name) ++f;
  return f;
}

}  // namespace

std::vector<std::string> possible_learners(std::span<const std::string> families) {
  std::vector<std::string> names{std::string(kRankerLearner)};
  std::copy_if(families.begin(), families.end(), std::back_inserter(names), family_has_lists);
  return names;
}

std::vector<std::string> configured_learners(const ModelOptions& options) {
  if (options.learners.empty()) return possible_learners(options.families);
  std::vector<std::string> names = options.learners;
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == kRankerLearner; });
  return names;
}

Lineup::Lineup(std::vector<std::string> names, const ModelOptions& options, Families families)
    : families_(families), cutoff_(options.list_length), contest_(std::move(names), options.contest) {
  for (const std::string& name : contest_.learners()) family_of_.push_back(family_named(families, name));
  ranker_ = contest_.find(kRankerLearner);
  for (std::size_t f = families.size(); f-- > 0;) {
    if (families[f]->reason() == Reason::kPopular && families[f]->recommends()) popular_ = f;
  }
}

Result<std::unique_ptr<Lineup>> Lineup::make(const ModelOptions& options, Families families) {
  std::vector<std::string> names = configured_learners(options);
  MILLRACE_RETURN_IF_ERROR(check_learners(names, options));
  std::unique_ptr<Lineup> lineup(new Lineup(std::move(names), options, families));
  MILLRACE_ASSIGN_OR_RETURN(lineup->policy_, ServePolicy::make(options.serve, lineup->contest_, options.seed));
  return lineup;
}

LearnerTrial Lineup::trial(FamilyLists lists, std::span<const float> scores, std::size_t at, ItemIndex item) const {
  LearnerTrial trial;
  trial.places.reserve(family_of_.size());
  for (std::size_t learner = 0; learner < family_of_.size(); ++learner) {
    trial.places.push_back(learner == ranker_ ? place_among(scores, at, cutoff_)
                                              : place_in(lists[family_of_[learner]], item, cutoff_));
  }
  return trial;
}

Ranking Lineup::list_of(std::size_t learner, FamilyLists lists, std::size_t length) const {
  const std::vector<ScoredItem>& list = lists[family_of_[learner]];
  Ranking ranking;
  for (std::size_t i = 0; i < std::min(length, list.size()); ++i) {
    RankedItem ranked;
    ranked.item = list[i].item;
    ranked.score = list[i].score;
    ranked.reason = families_[family_of_[learner]]->reason();
    ranking.push_back(ranked);
  }
  return ranking;
}

Ranking Lineup::serve(const Served& served, FamilyLists lists, const std::function<Ranking()>& ranked) const {
  Ranking ranking = policy_->serve(served, [&](std::size_t learner) {
    return learner == ranker_ ? ranked() : list_of(learner, lists, served.length);
  });
  fill(lists, served.length, ranking);
  return ranking;
}

// Below all that was chosen, whatever their scale.
void Lineup::fill(FamilyLists lists, std::size_t length, Ranking& ranking) const {
  if (ranking.size() >= length || !popular_) return;
  const float lowest = ranking.empty() ? 0.0F : ranking.back().score;
  for (const ScoredItem& scored : lists[*popular_]) {
    const bool there =
        std::any_of(ranking.begin(), ranking.end(), [&](const auto& r) { return r.item == scored.item; });
    if (there) continue;
    RankedItem filler;
    filler.item = scored.item;
    filler.score = std::min(lowest, scored.score);
    ranking.push_back(filler);
    if (ranking.size() == length) return;
  }
}

}  // namespace millrace
