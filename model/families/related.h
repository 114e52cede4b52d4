// Related items: items that the same users touched one after another, kept up to date event by event. When a user first
// touches i after the distinct items h(1), h(2), … of his history, newest first, together(h(d), i) grows by d^-0.4 both
// ways, and count(i) by one. The score of an item j for a history is
//
//   score(j) = Σ_d d^-0.75 · together(h(d), j) / sqrt(count(h(d)) + 1) / sqrt(count(j) + 3),
//
// an item cosine with position decay, given as log(score / Σ scores + kShareFloor). Each item keeps a bounded number of
// neighbours; a new one takes the place of the weakest. rank() and then score() for the same context compute once.
//
// Beside it, for the ranker, the same sum of what followed alone (by e^(-(d - 1) / 3)), of what came together of late
// (a half-life of kRecentEvents events), of the last item alone, and of the items of this visit alone.
//
// Rows: docs/formats.md, "related".
#pragma once

#include <cstdint>
#include <vector>

#include "core/workers.h"
#include "model/families/candidate_slots.h"
#include "model/families/dirty_rows.h"
#include "model/families/family.h"
#include "model/families/flat_lists.h"
#include "model/families/sparse_scores.h"
#include "model/item_table.h"
#include "model/options.h"

namespace millrace {

class RelatedFamily final : public Family {
 public:
  // `items` must outlive the family.
  RelatedFamily(const RelatedOptions& options, const ItemTable& items);

  std::string_view name() const override { return "related"; }
  Reason reason() const override { return Reason::kRelated; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  std::span<const std::string_view> columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void explain(const Context& context, std::span<const ItemIndex> items, std::span<ItemIndex> because) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  std::uint64_t memory_bytes() const override;
  std::uint64_t rows() const override { return items_seen_.size(); }

 private:
  struct Neighbour {
    std::uint32_t item = 0;
    float together = 0.0F;
    float followed = 0.0F;
    float recent = 0.0F;
    std::uint32_t as_of = 0;
  };
  struct Item {
    std::uint32_t count = 0;
    FlatLists<Neighbour>::List neighbours;
  };

  // The newest answer, kept while the same is asked.
  struct Answer {
    std::vector<std::uint32_t> asked;  // the history that the scores are for
    std::uint64_t observed = 0;
    bool given = false;
    SparseScores scores;
    std::vector<std::uint32_t> history;  // of the newest context
    CandidateSlots slots;
  };

  // The distinct known items of the history, newest first, at most `window`.
  void read_history(const Context& context, std::vector<std::uint32_t>& distinct) const;
  // `place`: distance in the history, from 0; `follows`: `to` came after `item`.
  void relate(std::uint32_t item, std::uint32_t to, std::size_t place, bool follows);
  Neighbour& neighbour_of(std::uint32_t item, std::uint32_t to);
  static bool weaker(const Neighbour& a, const Neighbour& b) {
    return a.together != b.together ? a.together < b.together : a.item > b.item;
  }
  void keep_strongest(std::vector<Neighbour>& neighbours) const;
  float recent_at(const Neighbour& neighbour) const;
  void describe_item(const Answer& answer, std::size_t place, bool in_visit, FeatureColumns columns) const;
  Answer& answer(const Context& context);
  void save_item(const RowSink& sink, std::uint32_t index) const;

  RelatedOptions options_;
  const ItemTable& items_;
  std::vector<float> learning_weights_;   // place^-0.4, places from 1
  std::vector<float> ranking_weights_;    // place^-0.75
  std::vector<float> following_weights_;  // exp(-(place - 1) / 3)
  std::vector<Item> items_seen_;
  FlatLists<Neighbour> lists_;
  DirtyRows dirty_;
  std::uint32_t events_ = 0;  // first touches so far: the clock of what came together of late
  bool dirty_state_ = false;
  std::uint64_t observed_ = 0;  // events learnt by this object: tells whether scores at hand still hold

  PerLane<Answer> answers_;
};

}  // namespace millrace
