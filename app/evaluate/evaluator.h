// Predict, then learn, over a stream, and score every prediction: what would be served, each learner alone, and the
// running popularity. Stands between a protocol, which says what is asked when, and the step runner. One thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/evaluate/calibration.h"
#include "app/evaluate/metrics.h"
#include "app/evaluate/popularity.h"
#include "app/evaluate/ratings.h"
#include "app/evaluate/report.h"
#include "app/evaluate/runner.h"
#include "app/evaluate/scores.h"
#include "core/catalogue.h"
#include "core/event.h"

namespace millrace {

struct EvaluatorOptions {
  ScoreOptions scores;          // no metrics where only ratings are scored
  bool exclude_seen = false;    // what a user touched is no candidate, in the lists and in the floor
  bool calibration = false;     // of the served lists, whose scores are the ranker's; of the ratings
  std::uint32_t warm_from = 5;  // events that an item was met in before: with fewer it is cold
  std::optional<std::pair<float, float>> rating_range;
  // What the whole stream holds, for the control: adds the row "oracle", the lists of its most popular items, ties for
  // them, and of ratings their mean. Where targets are permuted nothing can be better but by chance, or by a leak.
  std::shared_ptr<const StreamMemory> oracle;
  std::optional<float> oracle_rating;
};

// One prediction to score. The mean is over groups (metrics.h), its error clustered by `cluster`, whose key
// must not occur in two groups.
struct Trial {
  UserId user;
  std::string session;
  Millis now;
  std::vector<ItemId> targets;  // distinct, at least one; an item that is not known yet counts as missed
  std::uint32_t group = 0;
  std::string cluster;
};

class Evaluator {
 public:
  // `runner` must outlive the evaluator, which becomes its sink.
  Evaluator(const EvaluatorOptions& options, StepRunner& runner);

  Status ask(const Trial& trial);
  // Scores the rating that is predicted for the event's user and item now. From the first call on, ratings are scored
  // so alone; otherwise each is scored by what is predicted when its turn to be learnt has come.
  Status ask_rating(const Event& event);
  Status learn(const Event& event);
  // What is known of an item from now on.
  void tell(CatalogueChange change) { runner_.change(std::move(change)); }
  Status flush() { return runner_.flush(); }

  // Between these two the lists come from a frozen copy, and so do what is known and the floor's counts; thaw() learns
  // what came meanwhile. See StepRunner.
  Status freeze();
  Status thaw();

  const StreamMemory& memory() const { return memory_; }
  std::uint64_t events() const { return events_; }  // learnt
  std::uint64_t met() const { return events_ + waiting_; }
  std::uint64_t trials() const { return trials_; }
  bool is_rating(const Event& event) const { return runner_.kinds().at(event.kind).signal == Signal::kRating; }
  const RatingScores& ratings() const { return ratings_; }
  std::string headline() const;  // the served row's first metric so far

  // Requires flush(). Rows and counts; seconds, seed and config are the caller's.
  EvaluationReport report() const;

 private:
  struct Pending {
    std::vector<ItemId> targets;
    std::vector<bool> known;       // by target
    std::unique_ptr<bool[]> cold;  // by target
    std::uint32_t group = 0;
    std::uint32_t cluster = 0;
    std::uint64_t event = 0;
    bool returning = false;
  };
  using Ranks = std::vector<std::optional<std::size_t>>;

  void expect(const Trial& trial);
  void on_answer(const Answer& answer);
  void on_rating(const Event& event, std::optional<float> predicted);
  void on_asked_rating(std::optional<float> predicted);
  template <class List>
  void score_list(RowScores& row, const Pending& pending, const List& list);
  void score(RowScores& row, const Pending& pending, const Ranks& ranks);
  void calibrate(const Pending& pending, const Ranking& list);
  std::uint32_t cluster_number(const std::string& key);
  void report_lists(EvaluationReport& report) const;
  void report_ratings(EvaluationReport& report) const;

  EvaluatorOptions options_;
  StepRunner& runner_;
  StreamMemory memory_;
  RatingScores ratings_;
  std::deque<Pending> pending_;
  std::deque<Event> asked_ratings_;
  bool asks_ratings_ = false;
  RowScores oracle_;
  RowScores served_;
  std::vector<RowScores> learners_;
  RowScores floor_;
  ListCalibration calibration_;
  absl::flat_hash_map<std::string, std::uint32_t> clusters_;
  std::uint64_t events_ = 0;
  std::uint64_t waiting_ = 0;  // met while frozen
  std::uint64_t trials_ = 0;
};

}  // namespace millrace
