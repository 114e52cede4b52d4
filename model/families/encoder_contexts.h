// Contexts as the encoder sees them: the positions attended to, of all contexts of a batch, one after the other without
// gaps. Positions whose item has no embedding are left out but keep their distance from the end.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/example.h"
#include "model/families/encoder_parameters.h"
#include "model/nn/arena.h"
#include "model/nn/embedding_table.h"

namespace millrace::encoder {

// Padding of the numbers of rows, so that few shapes of matrices occur.
inline constexpr std::size_t kContextPadding = 16;
inline constexpr std::size_t kPositionPadding = 64;

inline constexpr std::uint32_t kNoPosition = 0xffffffff;

struct Contexts {
  std::size_t size = 0;               // B
  std::size_t padded_size = 0;        // rows of matrices with a row for each context
  std::size_t padded_positions = 0;   // rows of matrices with a row for each position
  std::span<std::uint32_t> begin;     // B + 1: the positions of each context
  std::span<std::uint32_t> context;   // P: whose position it is
  std::span<std::uint32_t> row;       // P: of the item table
  std::span<std::uint32_t> position;  // P: 0 … L − 1, L − 1 the newest interaction
  std::span<std::uint32_t> kind;      // P
  std::span<std::uint32_t> gap;       // P
  std::span<std::uint32_t> newest;    // B: index of the position L − 1, or kNoPosition
  nn::Matrix features;                // padded_size × kUserFeatures
};

// Whether any position of the context can be attended to.
bool attendable(const Context& context, const nn::EmbeddingTable& items, std::size_t length);

Contexts pack_contexts(std::span<const Context* const> contexts, const nn::EmbeddingTable& items,
                       const EncoderOptions& options, std::size_t kinds, nn::Arena& arena);

// Row of an item, kNoRow for kUnknownItem and whatever has none.
std::uint32_t find_row(const nn::EmbeddingTable& items, ItemIndex item);

}  // namespace millrace::encoder
