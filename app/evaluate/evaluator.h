// Predict, then learn, over a stream, and score every prediction: what would be served, each learner alone, and the
// running popularity. Stands between a protocol, which says what is asked when, and the step runner. One thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/evaluate/metrics.h"
#include "app/evaluate/popularity.h"
#include "app/evaluate/ratings.h"
#include "app/evaluate/report.h"
#include "app/evaluate/runner.h"
#include "core/event.h"

namespace millrace {

struct EvaluatorOptions {
  std::vector<RankMetric> metrics;  // the first is the headline; none where only ratings are scored
  std::size_t list_length = 20;     // of which coverage and novelty are taken
  bool exclude_seen = false;        // what a user touched is no candidate, in the lists and in the floor
  std::vector<std::string> parts;   // names of sub-rows
  std::optional<std::pair<float, float>> rating_range;
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
  std::optional<std::size_t> part;  // sub-row that it counts in besides
};

class Evaluator {
 public:
  // `runner` must outlive the evaluator, which becomes its sink.
  Evaluator(const EvaluatorOptions& options, StepRunner& runner);

  Status ask(const Trial& trial);
  // From `prefix` alone, the user's events so far; nothing else learns or moves. See StepRunner::ask_frozen.
  Status ask_frozen(const Trial& trial, std::span<const Event> prefix);
  // Scores the rating that is predicted for the event's user and item now. From the first call on, ratings are scored
  // so alone; otherwise each is scored by what is predicted when its turn to be learnt has come.
  Status ask_rating(const Event& event);
  Status learn(const Event& event);
  Status flush() { return runner_.flush(); }

  const StreamMemory& memory() const { return memory_; }
  std::uint64_t events() const { return events_; }
  std::uint64_t trials() const { return trials_; }
  const RatingScores& ratings() const { return ratings_; }
  std::string headline() const;  // the served row's first metric so far

  // Requires flush(). Rows and counts; seconds, seed and config are the caller's.
  EvaluationReport report() const;

 private:
  struct Row {
    std::vector<ClusteredMean> metrics;
    std::vector<std::vector<ClusteredMean>> parts;
    std::vector<bool> shown;  // by item index
    std::uint64_t listed = 0;
    double surprise = 0.0;
  };
  struct Pending {
    std::vector<ItemId> targets;  // known ones
    std::size_t missed = 0;       // targets that were not known
    std::uint32_t group = 0;
    std::uint32_t cluster = 0;
    std::optional<std::size_t> part;
  };

  void expect(const Trial& trial);
  void on_answer(const Answer& answer);
  void on_rating(const Event& event, std::optional<float> predicted);
  void on_asked_rating(std::optional<float> predicted);
  template <class List>
  void score_list(Row& row, const Pending& pending, const List& list);
  void score(Row& row, const Pending& pending, std::span<const std::optional<std::size_t>> ranks);
  void show(Row& row, ItemIndex item);
  std::uint32_t cluster_number(const std::string& key);
  ReportRow report_row(const Row& row, bool with_lists) const;

  EvaluatorOptions options_;
  StepRunner& runner_;
  StreamMemory memory_;
  RatingScores ratings_;
  std::deque<Pending> pending_;
  std::deque<Event> asked_ratings_;
  bool asks_ratings_ = false;
  Row served_;
  std::vector<Row> learners_;
  Row floor_;
  absl::flat_hash_map<std::string, std::uint32_t> clusters_;
  std::uint64_t events_ = 0;
  std::uint64_t trials_ = 0;
};

}  // namespace millrace
