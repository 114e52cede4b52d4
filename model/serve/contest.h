// The learners that run side by side, and how each is doing: Hedge's weights, the champion, credits. Fed once a step
// with its trials. Part of the model's state, saved with every step.
//
// Row "contest": docs/formats.md, table model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/options.h"
#include "model/serve/champion.h"
#include "model/serve/hedge.h"
#include "model/serve/trial.h"

namespace millrace {

class Contest {
 public:
  // The first learner is the champion until another is surely better. Requires at least one.
  Contest(std::vector<std::string> learners, const ContestOptions& options);

  const std::vector<std::string>& learners() const { return names_; }
  std::optional<std::size_t> find(std::string_view name) const;

  // All trials of a step, in their order.
  void learn(std::span<const LearnerTrial> trials);
  // The user's next event took an item that this learner had put into the list.
  void credit(std::size_t learner) { ++credits_[learner]; }

  double weight(std::size_t learner) const { return hedge_.weight(learner); }
  std::span<const double> weights() const { return hedge_.weights(); }
  std::size_t champion() const { return champion_.champion(); }
  std::uint64_t champion_changes() const { return champion_.changes(); }
  Interval lead(std::size_t learner) const { return champion_.lead(learner); }
  std::uint64_t credits(std::size_t learner) const { return credits_[learner]; }

  std::string encode() const;
  // What is stored of learners that are not configured any more is left out; a champion who is gone loses the title.
  Status decode(std::string_view bytes);

 private:
  std::vector<std::string> names_;
  Hedge hedge_;
  Champion champion_;
  std::vector<std::uint64_t> credits_;
  std::vector<double> gains_, losses_;  // scratch
};

}  // namespace millrace
