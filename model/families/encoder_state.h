// Everything that the encoder remembers between calls, and how it is saved. Its rows:
//
//   table    key                   value
//   items    be32 item index       u8 1, varint touches, u64 clock of the last, u32 row (0xffffffff:
//                                  waiting for admission), then f32 weights, Adam's mean and variance, and with content
//                                  the tokens' mean
//   tokens   be32 bucket           the same, of a token's embedding
//   dense    parameter's name      u8 1, varint rows, varint columns, then f32 values, Adam's mean and variance
//   recent   be32 chunk            u8 1, then u32 item indices, at most 1,024: a part of the ring of recent items
//   recent   "added"               u8 1, varint entries ever added to the ring
//   steps    (empty)               be64 mini-batches learnt
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
  float* content_vector(std::uint32_t row) { return options.use_content ? items.vector(row, 3) : nullptr; }
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
