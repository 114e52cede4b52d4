// The configured learners: what each makes of a prediction, and which list is served. Between the learner, which asks
// the families, and contest and policy.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/list.h"
#include "core/result.h"
#include "model/candidates.h"
#include "model/options.h"
#include "model/serve/contest.h"
#include "model/serve/policy.h"
#include "model/serve/trial.h"

namespace millrace {

// By family, what rank() gave for one context.
using FamilyLists = std::span<const std::vector<ScoredItem>>;

// Every learner that these families make possible: the ranker first, then those that have lists, in their order.
std::vector<std::string> possible_learners(std::span<const std::string> families);
// Those that are configured, the ranker first, for it is the champion until another is better. Whether they are
// possible is not checked.
std::vector<std::string> configured_learners(const ModelOptions& options);

class Lineup {
 public:
  // `families` must outlive the result. kInvalid: a learner that is neither the ranker nor a family with lists, or is
  // named twice; what is served is none of them.
  static Result<std::unique_ptr<Lineup>> make(const ModelOptions& options, Families families);

  Contest& contest() { return contest_; }
  const Contest& contest() const { return contest_; }
  const ServePolicy& policy() const { return *policy_; }
  bool has_ranker() const { return ranker_.has_value(); }
  bool serves_ranker() const { return ranker_ && policy_->uses(*ranker_); }

  // `scores`: the ranker's, of all candidates, `at` the position of `item` among them.
  LearnerTrial trial(FamilyLists lists, std::span<const float> scores, std::size_t at, ItemIndex item) const;

  // At most served.length items. `ranked`: the ranker's list, asked for where serves_ranker(). What is missing is
  // filled up with what is popular.
  Ranking serve(const Served& served, FamilyLists lists, const std::function<Ranking()>& ranked) const;

 private:
  Lineup(std::vector<std::string> names, const ModelOptions& options, Families families);
  Ranking list_of(std::size_t learner, FamilyLists lists, std::size_t length) const;
  void fill(FamilyLists lists, std::size_t length, Ranking& ranking) const;

  Families families_;
  std::size_t cutoff_;
  Contest contest_;
  std::vector<std::size_t> family_of_;  // by learner; of the ranker: none, families_.size()
  std::optional<std::size_t> ranker_;   // learner
  std::optional<std::size_t> popular_;  // family
  std::optional<ServePolicy> policy_;   // always there after make()
};

}  // namespace millrace
