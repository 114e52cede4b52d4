// Lists from the encoder: the context's vector against every item's, exact top-k, log-probabilities over the catalogue.
// What it tells the learned ranker of each candidate is in encoder_columns.cc.
//
// The items' normalised embeddings are kept in a TopKIndex, brought up to date before each answer. Log-probabilities of
// one context are exact up to a constant common to its items: of the normaliser only the best items' part is exact, the
// rest is estimated from an evenly spaced sample of at most kSample rows (all of them while the catalogue is no
// larger).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/workers.h"
#include "model/families/encoder_state.h"
#include "model/families/family.h"
#include "model/feature_columns.h"
#include "model/item_table.h"
#include "model/top_k.h"

namespace millrace::encoder {

// The score of an item for which the encoder has no embedding, and of every item in a context without any while the
// start has learnt nothing.
inline constexpr float kNoOpinion = -30.0F;

class Ranker {
 public:
  // Both must outlive this.
  Ranker(State& state, const ItemTable& facts);

  // Makes ready to rank, which rank() does by itself; afterwards several threads may.
  void refresh();
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k);
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores);

  static std::span<const std::string_view> columns();
  static std::span<const std::string_view> event_columns();
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns);
  // Of the newest describe().
  void describe_event(std::span<float> values) const;

  // The state changed: what was encoded before does not hold any more.
  void forget() {
    for (Answer& answer : answers_.all()) answer.encoded.clear();
    ++version_;
  }
  // How often the state has changed.
  std::uint64_t version() const { return version_; }
  std::uint64_t memory_bytes() const { return index_.memory_bytes() + sample_.capacity() * sizeof(float); }

 private:
  static constexpr std::size_t kSample = 512;
  // What score() looks for when rank() was not asked first: enough for the normaliser.
  static constexpr std::size_t kBest = 64;

  struct Repeat {
    std::uint32_t row = 0;
    float bias = 0.0F;
  };
  // A context with its vector times the scale (the start for one without items), the distinct items that it attends to,
  // and the logarithm of the sum of the exponentials of all logits.
  struct Encoded {
    Context key;  // what the encoder looks at, the rest empty
    std::vector<float> vector;
    std::vector<Repeat> repeats;
    float log_sum = 0.0F;
  };
  struct Confidence {
    float best = kNoOpinion;  // log-probability
    float entropy = 0.0F;     // of the shares among the candidates
    float log_sum = 0.0F;
  };
  struct Answer {
    std::vector<Encoded> encoded;  // of the newest rank() or score()
    Confidence confidence;         // of the newest describe()
    nn::Arena arena;
  };
  using Found = std::vector<std::vector<ScoredSlot>>;

  // Whether there is an item to attend to, or a start instead.
  bool has_opinion(const Context& context) const;
  bool is_stale() const;
  void refresh_row(std::uint32_t row);
  std::size_t wanted_stride() const;
  // Encodes and searches: the answer at hand has one entry a context, what is returned the answer the best rows but for
  // repeats and excluded ones.
  Found search(std::span<const RankRequest> requests, std::size_t k);
  void encode(std::span<const RankRequest> requests, Answer& answer) const;
  std::vector<std::uint32_t> left_out(const Encoded& encoded, Exclusions exclude) const;
  void normalise(std::span<const std::vector<ScoredSlot>> found, Answer& answer) const;
  std::vector<ScoredItem> merge(const Encoded& encoded, std::span<const ScoredSlot> found, Exclusions exclude,
                                std::size_t k);
  float logit(const Encoded& encoded, std::uint32_t row) const;
  const Encoded* recall(const Context& context) const;
  const Encoded& encoded_for(const Context& context);
  void describe_nearness(const Encoded& encoded, std::span<const ItemIndex> items, FeatureColumns columns) const;

  State& state_;
  const ItemTable& facts_;
  TopKIndex index_;
  std::size_t indexed_rows_ = 0;
  std::size_t stride_ = 1;        // row i · stride_ is sample i
  std::vector<float> sample_;     // kSample × D
  std::vector<float> embedding_;  // D, scratch of refresh()
  PerLane<Answer> answers_;
  std::uint64_t version_ = 0;
};

}  // namespace millrace::encoder
