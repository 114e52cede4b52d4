#include "model/families/encoder.h"

#include "core/check.h"
#include "model/families/encoder_contexts.h"
#include "model/families/encoder_train.h"
#include "model/families/positive.h"

namespace millrace {

EncoderFamily::EncoderFamily(const ModelOptions& options, const ItemTable& items)
    : state_(options, items), ranker_(state_, items) {}

std::vector<std::vector<ScoredItem>> EncoderFamily::rank(std::span<const RankRequest> requests, std::size_t k) {
  return ranker_.rank(requests, k);
}

void EncoderFamily::score(const Context& context, std::span<const ItemIndex> items, std::span<float> scores) {
  ranker_.score(context, items, scores);
}

void EncoderFamily::observe(const Example& example) {
  if (!is_positive(example)) return;
  const std::size_t rows = state_.items.rows();
  const auto touched = state_.items.touch(raw(example.item), example.sequence);
  if (touched.admitted) state_.initialise(touched.row, example.item, example.context);
  // Answers change with rows that come or, expired, go; not with counts.
  if (touched.admitted || state_.items.rows() != rows) ranker_.forget();
  state_.recent.add(example.item);
}

TrainReport EncoderFamily::train(const Minibatch& batch) {
  ranker_.forget();
  return encoder::train_minibatch(state_, batch);
}

void EncoderFamily::item_changed(ItemIndex item) {
  ranker_.forget();
  const std::uint32_t row = encoder::find_row(state_.items, item);
  if (row == nn::EmbeddingTable::kNoRow) return;
  if (state_.options.use_content()) state_.content.mean(item, state_.content_vector(row));
  state_.items.mark(row);
}

Status EncoderFamily::load(std::string_view table, std::string_view key, std::string_view value) {
  return state_.load(table, key, value);
}

Status EncoderFamily::loaded() { return state_.loaded(); }

}  // namespace millrace
