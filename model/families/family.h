// A model family: learns from examples, ranks items for contexts, and names its state so that the learner can
// checkpoint and restore any family alike. One short file per family; register it in families/registry.cc.
//
// Calls within a step, all from one thread unless refresh() says otherwise:
//   rank()/score()   for events not yet seen by observe(): predict, then learn
//   observe()        once per event, in order: incremental statistics, cheap
//   train()          at the end of the step, for each mini-batch of fresh examples together with replayed ones:
//   gradients
// State after (load, observe…, train…) depends only on the arguments: same calls, same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/list.h"
#include "core/random.h"
#include "core/result.h"
#include "core/workers.h"
#include "model/effort.h"
#include "model/feature_columns.h"
#include "model/item_table.h"

namespace millrace {

struct ScoredItem {
  ItemIndex item = kUnknownItem;
  float score = 0.0F;
  bool operator==(const ScoredItem&) const = default;
};

// What a context asks to leave out, besides what the item table marks as unavailable. Sorted.
using Exclusions = std::span<const ItemIndex>;

struct RankRequest {
  const Context* context = nullptr;
  Exclusions exclude;
};

struct Minibatch {
  std::span<const Example* const> examples;  // fresh ones first, then replayed ones
  std::size_t fresh = 0;                     // how many are learnt for the first time
  std::uint64_t examples_seen = 0;           // examples in the log when the step ends: the event clock
  Random random{0};                          // for this mini-batch alone
  Workers* workers = nullptr;                // that may help
  bool hurried = false;                      // the stream leaves no time for replays: less will do
};

struct TrainReport {
  double loss_sum = 0.0;
  std::uint64_t examples = 0;
};

// Receives and gives back a family's rows. `table` and `key` are the family's own; the learner prefixes the family's
// name.
using RowSink = std::function<void(std::string_view table, std::string key, std::optional<std::string> value)>;

class Family {
 public:
  virtual ~Family() = default;
  virtual std::string_view name() const = 0;
  virtual Reason reason() const = 0;
  // Whether it has lists of its own; else it only describes the candidates of others.
  virtual bool recommends() const { return true; }
  // Whether it learns by gradients, so that it may go bad for good: it is watched then, and rolled back (decision
  // 0010).
  virtual bool may_diverge() const { return false; }
  // How many candidates it offers, as a multiple of model.ranker.candidates_per_source. What somebody does next stands
  // deep in the lists of those who know him best (decision 0009).
  virtual double candidates_share() const { return 1.0; }

  // How hard to look from now on; for families whose answers may be cheaper. An answer depends on it.
  virtual void set_effort(const Effort& /*effort*/) {}
  // Makes ready to rank, which rank() does by itself. Afterwards, until anything but rank(), score(), describe() and
  // explain() is called, these may be by several threads, each a lane of its own (core/workers.h).
  virtual void refresh() {}
  // Best `k` items of each request, best first, ties by lower index; scores are comparable within a family. Fewer than
  // k where the family has no opinion on more. Log-probabilities where the family has them, else shares or counts.
  virtual std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) = 0;
  // For a family whose rank() costs far less for many requests in one call: a number that changes whenever an answer
  // of rank() may have. The learner then asks ahead, and again where the number has changed. nullopt: asked one by one.
  virtual std::optional<std::uint64_t> rank_version() const { return std::nullopt; }
  // Scores of given items for one context, on the scale of rank() but never below the family's floor for "no opinion".
  virtual void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) = 0;

  // What the ranker is told of each candidate, one name a column, and of the event as a whole. The first column is
  // score() (the encoder's bounded from below), which is all that a family says by default.
  virtual std::span<const std::string_view> columns() const;
  virtual std::span<const std::string_view> event_columns() const { return {}; }
  // Fills `columns` for the items of one context, right after rank() for the same context.
  virtual void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns);
  // Fills one value an event column, right after describe() for the same context.
  virtual void describe_event(const Context& /*context*/, std::span<float> /*values*/) {}

  virtual void observe(const Example& /*example*/) {}
  virtual TrainReport train(const Minibatch& /*batch*/) { return {}; }

  // For each item, the one of the context's history that speaks most for it; `because` is left alone where none does.
  virtual void explain(const Context& /*context*/, std::span<const ItemIndex> /*items*/,
                       std::span<ItemIndex> /*because*/) {}
  // Predicted rating of an item, for families that have one.
  virtual std::optional<float> predict_rating(const Context& /*context*/, ItemIndex /*item*/) { return std::nullopt; }
  // The item table changed for this item (content or first sight).
  virtual void item_changed(ItemIndex /*item*/) {}

  // Hands every row changed since the last save() (or everything, if `all`) to `sink`, each once. nullopt erases a row.
  // By any one thread.
  virtual void save(const RowSink& sink, bool all) = 0;
  // One saved row back, before any other call. An error for bytes it cannot read.
  virtual Status load(std::string_view table, std::string_view key, std::string_view value) = 0;
  // All rows are in: rebuild what is derived. An error where the rows do not fit together.
  virtual Status loaded() { return Ok{}; }

  virtual std::uint64_t memory_bytes() const { return 0; }
  virtual std::uint64_t rows() const { return 0; }
};

}  // namespace millrace
