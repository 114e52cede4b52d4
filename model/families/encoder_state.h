// Everything that the encoder remembers between calls, and how it is saved.
//
// Rows: docs/formats.md, "encoder".
#pragma once

#include <cstdint>
#include <string_view>

#include "model/families/encoder_content.h"
#include "model/families/encoder_negatives.h"
#include "model/families/encoder_parameters.h"
#include "model/families/family.h"
#include "model/nn/arena.h"
#include "model/nn/embedding_table.h"
#include "model/options.h"

namespace millrace::encoder {

struct State {
  State(const ModelOptions& model, const ItemTable& facts);

  EncoderOptions options;
  std::uint64_t seed;
  std::size_t kinds;
  nn::EmbeddingTable items;  // vectors: weights, Adam's mean and variance, and with content the tokens' mean
  Parameters parameters;
  RecentItems recent;
  Content content;
  std::uint64_t steps = 0;  // mini-batches learnt
  nn::Arena arena;          // of the mini-batch that runs
  LocalRows locals;         // of the mini-batch that runs

  // Where the mean of the tokens, as last computed, stands beside a row; nullptr without content.
  float* content_vector(std::uint32_t row) { return options.use_content() ? items.vector(row, 3) : nullptr; }
  // out = the row's embedding, not normalised.
  void embedding(std::uint32_t row, float* out);
  // A new row: 0.7 × the direction of the mean of the context's items + 0.5 × noise of length about 1; noise alone
  // without such items.
  void initialise(std::uint32_t row, ItemIndex item, const Context& context);

  void save(const RowSink& sink, bool all);
  Status load(std::string_view table, std::string_view key, std::string_view value);
  Status loaded();
  std::uint64_t memory_bytes() const;
};

}  // namespace millrace::encoder
