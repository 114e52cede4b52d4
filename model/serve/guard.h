// Watches the learners that may go bad, keeps what a rollback needs, and does it (decision 0010). Between the learner
// and its checkpoints. One thread.
//
// Rows "watch", "ranker.good" and "ranker.next": docs/formats.md, table model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "model/candidates.h"
#include "model/checkpoint_rows.h"
#include "model/options.h"
#include "model/serve/contest.h"
#include "model/serve/good_rows.h"
#include "model/serve/watch.h"

namespace millrace {

class Guard {
 public:
  // `contest` must outlive the guard. `ranker`: the untaught ranker's row; empty where it is no learner.
  Guard(const RollbackOptions& options, Families families, const Contest& contest, std::string ranker);

  // Of a step.
  void add_trials(std::span<const LearnerTrial> trials);
  // By family.
  void add_losses(std::span<const TrainReport> reports);
  // Weights or scores of this learner are not finite numbers.
  void not_finite(std::string_view name);
  // Names of those that have to be rolled back now.
  std::vector<std::string> collapsed() const;

  // Of a checkpoint's rows of table model, in order: what is needed to go back behind them.
  Status keep(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch);
  // The checkpoint is written: whether it may be good will show. `ranker`: its row.
  void mark(std::uint64_t step, const std::string& ranker, WriteBatch& batch);

  // Hands the rows of a family's last good checkpoint to `load` and makes them its checkpoint; its averages begin anew.
  Status roll_back(const Store& store, std::string_view family, const RowVisitor& load, WriteBatch& batch);
  // The same of the ranker: its row.
  const std::string& roll_back_ranker(WriteBatch& batch);

  std::vector<std::pair<std::string, std::uint64_t>> rollbacks() const;  // ever, by name of each that is watched

  std::string encode() const;  // empty where nothing is watched: no row
  Status decode(std::string_view bytes);
  void decode_ranker(std::string_view key, std::string_view value);  // a row that begins with "ranker."
  // After decode() of whatever there is: which rows are kept. `step`: of the checkpoint.
  Status load(const Store& store, std::uint64_t step);

 private:
  struct Watched {
    std::string name;
    std::optional<std::size_t> family;
    std::optional<std::size_t> learner;  // in the contest
    GoodRows rows;
    CollapseWatch watch;
    std::uint64_t rollbacks = 0;
    bool restored = false;
  };
  Watched* find(std::string_view name);
  double others_kept(std::size_t learner) const;
  void mark_ranker(Watched& watched, std::uint64_t step, const std::string& ranker, WriteBatch& batch);

  RollbackOptions options_;
  const Contest& contest_;
  std::vector<Watched> watched_;
  std::vector<TwoMeans> recalls_;  // by learner: what the others are compared by
  std::string ranker_good_, ranker_next_;
  std::vector<std::string> stale_;  // kept rows that no watched family owns, to be erased
};

}  // namespace millrace
