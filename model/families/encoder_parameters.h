// The encoder's dense parameters, and the numbers that fix their shapes.
#pragma once

#include <cstdint>

#include "model/nn/parameters.h"
#include "model/options.h"

namespace millrace::encoder {

// Gaps: bit width of the milliseconds since an interaction, so that each bucket is twice as long as the one before; the
// last one begins after 17 years.
inline constexpr std::size_t kGapBuckets = 40;
inline constexpr std::size_t kUserFeatures = 16;

struct Parameters {
  Parameters(const EncoderOptions& options, std::size_t kinds, std::uint64_t seed);

  nn::ParameterSet set;
  nn::Parameter& log_scale;      // 1 × 1: logits are cosines times e^this
  nn::Parameter& repeat_bias;    // 1 × L: added to the logit of the item at that position
  nn::Parameter& position_bias;  // 1 × L: b of the attention logits
  nn::Parameter& position;       // L × D
  nn::Parameter& kind;           // kinds × D
  nn::Parameter& gap;            // kGapBuckets × D
  nn::Parameter& key;            // D × D: U
  nn::Parameter& last;           // D × D: V
  nn::Parameter& query;          // 1 × D: v
  nn::Parameter& user;           // kUserFeatures × D
  nn::Parameter& start;          // 1 × D: of contexts without an item, its length their scale

  float scale() const;
  bool has_start() const;  // whether the start has learnt
  // One step of Adam, counted from 1, on the gradients.
  void step(const EncoderOptions& options, std::uint64_t number);
};

}  // namespace millrace::encoder
