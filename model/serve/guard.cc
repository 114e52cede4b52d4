#include "model/serve/guard.h"

#include <algorithm>
#include <utility>

#include "core/bytes.h"
#include "core/check.h"
#include "model/serve/policy.h"

namespace millrace {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kRankerGood = "ranker.good";
constexpr std::string_view kRankerNext = "ranker.next";

std::vector<double> hits_of(std::span<const LearnerTrial> trials, std::size_t learners) {
  std::vector<double> hits(learners, 0.0);
  for (const LearnerTrial& trial : trials) {
    for (std::size_t i = 0; i < learners; ++i) hits[i] += trial.places[i] != kMissed ? 1.0 : 0.0;
  }
  return hits;
}

}  // namespace

Guard::Guard(const RollbackOptions& options, Families families, const Contest& contest, std::string ranker)
    : options_(options),
      contest_(contest),
      recalls_(contest.learners().size(), recall_means()),
      ranker_good_(std::move(ranker)) {
  if (!options_.enabled) return;
  if (const auto learner = contest.find(kRankerLearner)) {
    watched_.push_back({std::string(kRankerLearner), std::nullopt, learner, GoodRows(std::string(kRankerLearner)), {}});
  }
  for (std::size_t f = 0; f < families.size(); ++f) {
    if (!families[f]->may_diverge()) continue;
    const std::string name(families[f]->name());
    watched_.push_back({name, f, contest.find(name), GoodRows(name), {}});
  }
}

Guard::Watched* Guard::find(std::string_view name) {
  const auto found =
      std::find_if(watched_.begin(), watched_.end(), [name](const Watched& w) { return w.name == name; });
  return found == watched_.end() ? nullptr : &*found;
}

void Guard::add_losses(std::span<const TrainReport> reports) {
  for (Watched& watched : watched_) {
    if (watched.family) watched.watch.add_loss(reports[*watched.family].loss_sum, reports[*watched.family].examples);
  }
}

void Guard::add_trials(std::span<const LearnerTrial> trials) {
  if (!options_.enabled) return;
  const auto count = static_cast<double>(trials.size());
  const std::vector<double> hits = hits_of(trials, recalls_.size());
  for (std::size_t i = 0; i < recalls_.size(); ++i) recalls_[i].add(hits[i] / count, count);
  for (Watched& watched : watched_) {
    if (watched.learner) watched.watch.add_trials(hits[*watched.learner], count);
  }
}

void Guard::not_finite(std::string_view name) {
  if (Watched* watched = find(name); watched != nullptr) watched->watch.set_not_finite();
}

// What the other learners' recall still has of its long average, weighted by that.
double Guard::others_kept(std::size_t learner) const {
  double recent = 0.0;
  double promised = 0.0;
  for (std::size_t i = 0; i < recalls_.size(); ++i) {
    if (i == learner) continue;
    recent += recalls_[i].fast();
    promised += recalls_[i].slow();
  }
  return promised > 0.0 ? recent / promised : 1.0;
}

std::vector<std::string> Guard::collapsed() const {
  std::vector<std::string> names;
  for (const Watched& watched : watched_) {
    if (watched.watch.collapsed(others_kept(watched.learner.value_or(recalls_.size())))) names.push_back(watched.name);
  }
  return names;
}

Status Guard::keep(const Store& store, std::span<const CheckpointRow> rows, WriteBatch& batch) {
  for (Watched& watched : watched_) {
    if (!watched.family) continue;
    std::vector<std::string> keys;
    for (const CheckpointRow& row : rows) {
      if (model_row_owner(row.key) == watched.name) keys.emplace_back(row.key.substr(watched.name.size() + 1));
    }
    MILLRACE_RETURN_IF_ERROR(watched.rows.keep(store, keys, batch));
  }
  return Ok{};
}

void Guard::mark(std::uint64_t step, const std::string& ranker, WriteBatch& batch) {
  for (const std::string& key : stale_) batch.erase(Table::kModel, key);
  stale_.clear();
  for (Watched& watched : watched_) {
    if (watched.family) {
      watched.rows.mark(step, watched.watch.assured(), options_.checkpoints, batch);
    } else {
      mark_ranker(watched, step, ranker, batch);
    }
  }
}

void Guard::mark_ranker(Watched& watched, std::uint64_t step, const std::string& ranker, WriteBatch& batch) {
  if (!watched.rows.marks().count(step, watched.watch.assured(), options_.checkpoints)) return;
  if (!ranker_next_.empty()) ranker_good_ = std::move(ranker_next_);
  ranker_next_ = ranker;
  const RowSink sink = row_sink(batch, kLearnerRows);
  sink("", std::string(kRankerGood), ranker_good_);
  sink("", std::string(kRankerNext), ranker_next_);
}

Status Guard::roll_back(const Store& store, std::string_view family, const RowVisitor& load, WriteBatch& batch) {
  Watched* watched = find(family);
  MILLRACE_CHECK(watched != nullptr && watched->family);
  watched->watch.restart();
  ++watched->rollbacks;
  return watched->rows.roll_back(store, load, batch);
}

const std::string& Guard::roll_back_ranker(WriteBatch& batch) {
  Watched* watched = find(kRankerLearner);
  MILLRACE_CHECK(watched != nullptr);
  watched->watch.restart();
  ++watched->rollbacks;
  watched->rows.marks().go_back();
  if (!ranker_next_.empty()) row_sink(batch, kLearnerRows)("", std::string(kRankerNext), std::nullopt);
  ranker_next_.clear();
  return ranker_good_;
}

std::vector<std::pair<std::string, std::uint64_t>> Guard::rollbacks() const {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (const Watched& watched : watched_) counts.emplace_back(watched.name, watched.rollbacks);
  return counts;
}

std::string Guard::encode() const {
  if (watched_.empty()) return "";
  ByteWriter out;
  out.u8(kFormat);
  out.varint(watched_.size());
  for (const Watched& watched : watched_) {
    out.string(watched.name);
    out.varint(watched.rollbacks);
    watched.rows.marks().encode(out);
    watched.watch.encode(out);
  }
  out.varint(recalls_.size());
  for (std::size_t i = 0; i < recalls_.size(); ++i) {
    out.string(contest_.learners()[i]);
    recalls_[i].encode(out);
  }
  return out.take();
}

Status Guard::decode(std::string_view bytes) {
  if (!options_.enabled) {
    stale_.push_back(model_row_key(kLearnerRows, "", "watch"));
    return Ok{};
  }
  ByteReader in(bytes);
  const std::uint8_t format = in.u8();
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    Watched unused{"", std::nullopt, std::nullopt, GoodRows(""), {}};
    Watched* watched = find(in.string());
    if (watched == nullptr) watched = &unused;
    watched->rollbacks = in.varint();
    watched->rows.marks().decode(in);
    watched->watch.decode(in);
    watched->restored = true;
  }
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const auto learner = contest_.find(in.string());
    TwoMeans unused = recall_means();
    (learner ? recalls_[*learner] : unused).decode(in);
  }
  if (format == kFormat && in.done()) return Ok{};
  return stop_error(ErrorCode::kCorruption, "restoring the watch over the learners: found format " +
                                                std::to_string(format) + " in " + std::to_string(bytes.size()) +
                                                " bytes, expected format 1; restore a backup");
}

void Guard::decode_ranker(std::string_view key, std::string_view value) {
  if (!options_.enabled) return stale_.push_back(model_row_key(kLearnerRows, "", key));
  (key == kRankerGood ? ranker_good_ : ranker_next_) = value;
}

Status Guard::load(const Store& store, std::uint64_t step) {
  for (Watched& watched : watched_) {
    if (!watched.restored) watched.rows.marks().begin_at(watched.family ? step : 0);
  }
  return store.scan(Table::kModel, "before", "before", [this](std::string_view key, std::string_view) {
    if (!GoodRows::is_kept(key)) return true;
    Watched* watched = find(GoodRows::family_of(key));
    if (watched != nullptr && watched->restored) {
      watched->rows.remember(key);
    } else {
      stale_.emplace_back(key);
    }
    return true;
  });
}

}  // namespace millrace
