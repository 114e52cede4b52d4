#include "model/families/encoder_content.h"

#include <algorithm>

#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

nn::EmbeddingOptions table_options(const EncoderOptions& options) {
  return {.dimension = options.dimension, .max_rows = std::max<std::size_t>(options.token_buckets, 1)};
}

float share_of(std::size_t tokens) { return 1.0F / static_cast<float>(std::max<std::size_t>(tokens, 1)); }

}  // namespace

Content::Content(const EncoderOptions& options, const ItemTable& facts)
    : facts_(facts),
      categories_(options.use_categories),
      titles_(options.use_titles),
      buckets_(std::max<std::size_t>(options.token_buckets, 1)),
      tokens_(table_options(options)) {}

std::span<const std::uint32_t> Content::tokens_of(ItemIndex item) const {
  if (raw(item) >= facts_.size()) return {};
  const ItemFacts& facts = facts_.at(item);
  const std::span tokens(facts.tokens);
  const std::size_t begin = categories_ ? 0 : facts.categories;
  const std::size_t end = titles_ ? tokens.size() : facts.categories;
  return tokens.subspan(begin, end - begin);
}

std::uint32_t Content::token_row(std::uint32_t token) {
  const auto bucket = static_cast<std::uint32_t>(token % buckets_);
  const std::uint32_t row = tokens_.find(bucket);
  return row == nn::EmbeddingTable::kNoRow ? tokens_.touch(bucket, 0).row : row;
}

// Tokens first: making a row may move the others.
std::span<const std::uint32_t> Content::token_rows(ItemIndex item) {
  token_rows_.clear();
  for (const std::uint32_t token : tokens_of(item)) token_rows_.push_back(token_row(token));
  return token_rows_;
}

void Content::write_mean(float* out) const {
  const std::vector<const float*>& vectors = vectors_.mine();
  nn::scaled_sum(out, share_of(vectors.size()), vectors, tokens_.dimension());
}

void Content::mean(ItemIndex item, float* out) {
  std::vector<const float*>& vectors = vectors_.mine();
  vectors.clear();
  for (const std::uint32_t row : token_rows(item)) vectors.push_back(tokens_.vector(row, 0));
  write_mean(out);
}

void Content::start() {
  locals_.start(buckets_);
  uses_.clear();
  use_begins_.clear();
}

void Content::note(ItemIndex item, std::uint32_t local) {
  use_begins_.resize(local + std::size_t{1}, uses_.size());
  const auto rows = token_rows(item);
  for (const std::uint32_t row : rows) uses_.push_back({local, locals_.add(row), share_of(rows.size())});
}

std::span<const Content::Use> Content::uses_of(std::uint32_t local) const {
  if (local >= use_begins_.size()) return {};
  const std::size_t begin = use_begins_[local];
  const std::size_t end = local + 1 < use_begins_.size() ? use_begins_[local + 1] : uses_.size();
  return std::span(uses_).subspan(begin, end - begin);
}

void Content::forward(std::uint32_t local, float* out) const {
  std::vector<const float*>& vectors = vectors_.mine();
  vectors.clear();
  for (const Use& use : uses_of(local)) vectors.push_back(tokens_.vector(locals_.rows()[use.token], 0));
  write_mean(out);
}

void Content::backward(nn::ConstMatrix dw, const nn::AdamStep& step) {
  if (uses_.empty()) return;
  arena_.reset();
  const nn::Matrix gradient = arena_.zeros(locals_.size(), tokens_.dimension());
  for (const Use& use : uses_) nn::add_scaled(gradient.row(use.token), use.share, dw.row(use.local), dw.columns);
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    const std::uint32_t row = locals_.rows()[i];
    nn::adam_step(step, gradient.row(i), tokens_.vector(row, 0), tokens_.vector(row, 1), tokens_.vector(row, 2),
                  tokens_.dimension());
    tokens_.mark(row);
  }
}

}  // namespace millrace::encoder
