// The item side's content: an item's embedding is its own row plus the mean of the embeddings of its content tokens,
// hashed into a bounded number of buckets that start at zero.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/workers.h"
#include "model/families/encoder_negatives.h"
#include "model/item_table.h"
#include "model/nn/adam.h"
#include "model/nn/embedding_table.h"
#include "model/nn/matrix.h"
#include "model/options.h"

namespace millrace::encoder {

class Content {
 public:
  // `facts` must outlive this.
  Content(const EncoderOptions& options, const ItemTable& facts);

  // The mean of the item's tokens as they are now; zero where it has none.
  void mean(ItemIndex item, float* out);

  // For one mini-batch: notes the tokens of item row `local`, rows ascending. Starts anew with start().
  void start();
  void note(ItemIndex item, std::uint32_t local);
  // The mean of the tokens noted for a row. By several threads, each a lane of its own.
  void forward(std::uint32_t local, float* out) const;
  // Adds the gradients of the rows noted (dw_local / number of tokens) and takes one step of Adam on the tokens.
  void backward(nn::ConstMatrix dw, const nn::AdamStep& step);

  nn::EmbeddingTable& table() { return tokens_; }
  const nn::EmbeddingTable& table() const { return tokens_; }

 private:
  struct Use {
    std::uint32_t local = 0;
    std::uint32_t token = 0;
    float share = 0.0F;
  };
  // Those that are made use of.
  std::span<const std::uint32_t> tokens_of(ItemIndex item) const;
  std::uint32_t token_row(std::uint32_t token);
  // Of the item's tokens; valid until the next call.
  std::span<const std::uint32_t> token_rows(ItemIndex item);
  std::span<const Use> uses_of(std::uint32_t local) const;
  // Of the vectors in the lane's scratch.
  void write_mean(float* out) const;

  const ItemTable& facts_;
  bool categories_;
  bool titles_;
  std::size_t buckets_;
  nn::EmbeddingTable tokens_;
  LocalRows locals_;
  std::vector<Use> uses_;
  std::vector<std::size_t> use_begins_;  // by local row, as far as noted
  nn::Arena arena_;
  std::vector<std::uint32_t> token_rows_;  // scratch
  mutable PerLane<std::vector<const float*>> vectors_;
};

}  // namespace millrace::encoder
