// The neural encoder: attention over a user's last interactions pools item embeddings into a context vector; items
// score by its cosine with their embedding, times a learned scale, plus a learned bias for items that the context
// already holds. It learns by sampled softmax in every step, so it follows the stream. Its parts:
//
//   encoder_state      what is remembered and saved: item and token embeddings, dense parameters, recent items
//   encoder_contexts   contexts → packed positions, features
//   encoder_attention  positions → context vector, and the gradient
//   encoder_start      the vector of contexts without items, and its gradient
//   encoder_negatives  what the positives are learnt against
//   encoder_content    category and title tokens on the item side
//   encoder_train      one mini-batch
//   encoder_ranker     lists and scores
//   encoder_columns    what the learned ranker is told of each candidate
#pragma once

#include "model/families/encoder_ranker.h"
#include "model/families/encoder_state.h"
#include "model/families/family.h"

namespace millrace {

class EncoderFamily final : public Family {
 public:
  // `items` must outlive the family.
  EncoderFamily(const ModelOptions& options, const ItemTable& items);

  std::string_view name() const override { return "encoder"; }
  Reason reason() const override { return Reason::kEncoder; }
  bool may_diverge() const override { return true; }
  double candidates_share() const override { return 1.6; }
  std::optional<std::uint64_t> rank_version() const override { return ranker_.version(); }
  void refresh() override { ranker_.refresh(); }
  // Log-probabilities. Contexts without an item that has an embedding are ranked by the start, once that has learnt.
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t k) override;
  // encoder::kNoOpinion for items without an embedding.
  void score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) override;
  std::span<const std::string_view> columns() const override { return encoder::Ranker::columns(); }
  std::span<const std::string_view> event_columns() const override { return encoder::Ranker::event_columns(); }
  void describe(const Context& context, std::span<const ItemIndex> items, FeatureColumns columns) override {
    ranker_.describe(context, items, columns);
  }
  void describe_event(const Context& /*context*/, std::span<float> values) override { ranker_.describe_event(values); }
  void observe(const Example& example) override;
  TrainReport train(const Minibatch& batch) override;
  void item_changed(ItemIndex item) override;
  void save(const RowSink& sink, bool all) override { state_.save(sink, all); }
  Status load(std::string_view table, std::string_view key, std::string_view value) override;
  Status loaded() override;
  std::uint64_t memory_bytes() const override { return state_.memory_bytes() + ranker_.memory_bytes(); }
  std::uint64_t rows() const override { return state_.items.rows(); }

 private:
  encoder::State state_;
  encoder::Ranker ranker_;
};

}  // namespace millrace
