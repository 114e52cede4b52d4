// Session memory: session-based nearest neighbours kept up to date event by event. For a session, the most similar of
// the recent sessions vote for the items near the place where they match. Formulas after "Performance comparison of
// neural and non-neural approaches to session-based recommendation" (Ludewig and others, 2019; V-SkNN) with these
// weights:
//
//   similarity(s) = Σ over matched items of exp(-d / position_decay) · log(1 + (n + 1) / (frequency + 1))
//                   / sqrt(length of s) · exp(-(n - last event of s) / age_decay)
//   score(j)      = Σ over the best `neighbours` sessions of similarity(s) · f(place of j - place of the newest matched
//   item) f(0) = 1, f(x > 0) = exp(-(x - 1) / following_decay), f(x < 0) = before_weight · exp(-(-x - 1) /
//   following_decay)
//
// with d the distance from the session's end (its last kSessionPositions count) and n the number of examples observed.
// A session that has no item yet is read as the continuation of the user's history. Scores are shares: log(score / Σ
// scores + kShareFloor), for any item.
//
// Rows: docs/formats.md, "memory".
//
// Everything is flat: sessions are numbered as they begin and live in slots reused first in, first out; each item has a
// ring of the numbers of the newest sessions that hold it. rank() and then score() for the same context compute once.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
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

class MemoryFamily final : public Family {
 public:
  static constexpr std::size_t kSessionPositions = 15;  // newest places of a session that are matched

  // `items` must outlive the family.
  MemoryFamily(const MemoryOptions& options, const ItemTable& items);

  std::string_view name() const override { return "memory"; }
  Reason reason() const override { return Reason::kMemory; }
  double candidates_share() const override { return 1.6; }
  // Far fewer neighbours vote, found among far fewer of each item's newest sessions: at half the depth an eighth.
  void set_effort(const Effort& effort) override {
    const auto cubed = [&effort](std::size_t full) { return effort.share(effort.share(effort.share(full))); };
    depth_ = {cubed(options_.sessions_per_item), cubed(options_.neighbours)};
  }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  std::span<const std::string_view> columns() const override;
  std::span<const std::string_view> event_columns() const override;
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override;
  void describe_event(const Context& context, std::span<float> values) override;
  void observe(const Example& example) override;
  void save(const RowSink& sink, bool all) override;
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override;
  std::uint64_t rows() const override { return sessions_.size() + items_seen_.size(); }

 private:
  using Lists = FlatLists<std::uint32_t>;
  struct Session {
    std::uint64_t key = 0;   // Context::session
    std::uint64_t last = 0;  // sequence of its newest event
    Lists::List items;       // oldest first; the newest `session_items`
  };
  struct Item {
    std::uint32_t frequency = 0;
    std::uint32_t next = 0;  // place in the ring that is written next, once it is full
    Lists::List ring;        // numbers of sessions
  };
  struct Similarity {
    std::uint32_t epoch = 0;
    float sum = 0.0F;
  };
  struct Match {
    std::uint32_t slot = 0;
    std::uint32_t item = 0;  // the newest item of the context that the session holds
    float similarity = 0.0F;
    std::uint32_t place = 0;  // of the item among what the session holds, see place_of()
  };
  struct Depth {
    std::size_t sessions = 0;  // of each item
    std::size_t neighbours = 0;
    bool operator==(const Depth&) const = default;
  };
  // What the scores at hand were computed for.
  struct Asked {
    std::uint64_t session = 0;
    std::uint64_t observed = 0;
    Depth depth;
    std::vector<std::uint32_t> items;  // newest first
    bool operator==(const Asked&) const = default;
  };

  float age_of(const Session& session) const {  // examples
    return clock_ > session.last ? static_cast<float>(clock_ - session.last) : 0.0F;
  }
  void prefetch_session(std::uint32_t slot) const {
    __builtin_prefetch(session_lists_.view(sessions_[slot].items).data());
  }
  std::uint32_t slot_of(std::uint32_t number) const { return number & slot_mask_; }
  bool remembered(std::uint32_t number) const {
    const std::uint32_t age = created_ - number;  // wraps around with the numbers
    return age >= 1 && age <= sessions_.size() && age <= max_sessions_;
  }
  std::uint32_t open_session(std::uint64_t key);
  void forget(std::uint32_t number);
  void append_item(Session& session, std::uint32_t item);
  void enter_ring(Item& item, std::uint32_t number);

  // The newest answer, kept while the same is asked.
  struct Answer {
    Asked asked;
    bool given = false;
    SparseScores scores;
    std::vector<Similarity> similarities;  // by slot
    std::uint32_t epoch = 0;
    std::vector<Match> matches;
    std::vector<float> thresholds;  // scratch
    std::vector<float> decays;      // scratch: by match
    CandidateSlots slots;
    float neighbourhood = 0.0F;       // of the newest describe(): sum of the neighbours' similarities
    std::array<float, 2> followed{};  // sessions that hold the last item and the one before
    std::uint64_t memory_bytes() const;
  };

  Asked question(const Context& context) const;
  Answer& answer(const Context& context);
  void collect_matches(const Asked& asked, Answer& answer) const;
  void match_item(std::uint32_t index, float weight, std::uint32_t own_slot, Answer& answer) const;
  void weigh_matches(Answer& answer) const;
  void keep_neighbours(Answer& answer) const;
  // Leaves e^(-age / examples) of each match's session in `decays`.
  void decay_matches(float examples, Answer& answer) const;
  void vote(Match& match, SparseScores& scores) const;
  // Newest place of the item among what a session holds, from 1; 0 where it has fallen out of a long one.
  static std::size_t place_of(std::span<const std::uint32_t> held, std::uint32_t item);
  // What the neighbours, and the sessions that hold the last two items, say of the candidates (memory_columns.cc).
  struct Votes;
  struct Following;
  void vote_for_candidates(const Answer& answer, std::size_t match, std::vector<Votes>& votes) const;
  float follow(const Answer& answer, std::uint32_t item, bool is_last, std::vector<Following>& following) const;
  std::vector<std::uint32_t> last_two(const Asked& asked) const;

  void save_session(const RowSink& sink, std::uint32_t slot) const;
  void save_item(const RowSink& sink, std::uint32_t index) const;
  Status load_session(std::string_view key, std::string_view value);
  Status load_item(std::string_view key, std::string_view value);
  Status load_state(std::string_view value);

  MemoryOptions options_;
  Depth depth_;
  const ItemTable& items_;
  std::uint32_t slot_mask_;
  std::uint32_t max_sessions_;
  std::vector<float> following_;  // exp(-i / following_decay)

  std::uint32_t created_ = 0;      // sessions ever begun, modulo 2^32: the number of the next one
  std::uint64_t clock_ = 0;        // sequence of the next example
  std::uint64_t observed_ = 0;     // calls of observe() by this object: tells whether scores at hand still hold
  std::vector<Session> sessions_;  // by slot
  Lists session_lists_;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> numbers_;  // session key → number; looked up, never iterated
  std::vector<Item> items_seen_;
  Lists rings_;
  DirtyRows dirty_sessions_;
  DirtyRows dirty_items_;
  bool dirty_state_ = false;

  PerLane<Answer> answers_;
};

}  // namespace millrace
