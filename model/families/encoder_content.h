// The item side's content: an item's embedding is its own row plus the mean of the embeddings of its content tokens,
// hashed into a bounded number of buckets that start at zero.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

  // For one mini-batch: notes the tokens of item row `local` and writes their mean. Starts anew with start().
  void start();
  void forward(ItemIndex item, std::uint32_t local, float* out);
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
  void write_mean(std::span<const std::uint32_t> rows, float* out);

  const ItemTable& facts_;
  bool categories_;
  bool titles_;
  std::size_t buckets_;
  nn::EmbeddingTable tokens_;
  LocalRows locals_;
  std::vector<Use> uses_;
  nn::Arena arena_;
  std::vector<std::uint32_t> token_rows_;  // scratch
  std::vector<const float*> vectors_;
};

}  // namespace millrace::encoder
