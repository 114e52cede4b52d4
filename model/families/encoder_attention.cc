#include "model/families/encoder_attention.h"

#include <algorithm>
#include <cstring>

#include "model/nn/linear.h"
#include "model/nn/lookup.h"
#include "model/nn/pooling.h"
#include "model/nn/project.h"
#include "model/nn/softmax.h"
#include "model/nn/tanh.h"
#include "model/nn/vector_ops.h"

namespace millrace::encoder {
namespace {

using nn::ConstMatrix;
using nn::Into;
using nn::Matrix;
using nn::Transposed;

Matrix newest_rows(const Contexts& contexts, ConstMatrix x, nn::Arena& arena) {
  const Matrix newest = arena.zeros(contexts.padded_size, x.columns);
  for (std::size_t b = 0; b < contexts.size; ++b) {
    if (contexts.newest[b] == kNoPosition) continue;
    std::memcpy(newest.row(b), x.row(contexts.newest[b]), x.columns * sizeof(float));
  }
  return newest;
}

// Positions are walked in blocks of this many, so that a block stays in the cache from operation to operation.
constexpr std::size_t kBlock = 256;

struct Block {
  std::size_t first = 0;
  std::size_t size = 0;  // a multiple of kPositionPadding
  std::size_t used = 0;  // without padding
  std::span<const std::uint32_t> of(std::span<const std::uint32_t> values) const { return values.subspan(first, used); }
};

template <class Visit>
void for_each_block(const Contexts& contexts, Visit visit) {
  for (std::size_t first = 0; first < contexts.position.size(); first += kBlock) {
    visit(Block{first, std::min(kBlock, contexts.padded_positions - first),
                std::min(kBlock, contexts.position.size() - first)});
  }
}

// hidden = tanh(U x + what is looked up), for one block.
void hidden_forward(const Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                    const Block& block, ConstMatrix x, ConstMatrix last, Matrix hidden) {
  nn::linear_forward(x, parameters.key.value, hidden);
  nn::add_lookup(last, block.of(contexts.context), hidden);
  nn::add_lookup(parameters.position.value, block.of(contexts.position), hidden);
  if (options.use_kinds) nn::add_lookup(parameters.kind.value, block.of(contexts.kind), hidden);
  if (options.use_gaps) nn::add_lookup(parameters.gap.value, block.of(contexts.gap), hidden);
  nn::tanh_forward(hidden);
}

// Gradients of what is looked up; `dhidden` without padding.
void lookups_backward(Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                      const Block& block, ConstMatrix dhidden, Matrix dlast) {
  nn::add_lookup_backward(block.of(contexts.context), dhidden, dlast);
  nn::add_lookup_backward(block.of(contexts.position), dhidden, parameters.position.gradient);
  if (options.use_kinds) nn::add_lookup_backward(block.of(contexts.kind), dhidden, parameters.kind.gradient);
  if (options.use_gaps) nn::add_lookup_backward(block.of(contexts.gap), dhidden, parameters.gap.gradient);
}

}  // namespace

Attention attention_forward(const Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                            ConstMatrix x, nn::Arena& arena) {
  Attention out;
  out.newest = newest_rows(contexts, x, arena);
  out.hidden = arena.matrix(contexts.padded_positions, x.columns);
  out.weights = arena.floats(nn::padded(contexts.padded_positions, nn::kLanes)).data();
  const Matrix last = arena.matrix(contexts.padded_size, x.columns);
  nn::linear_forward(out.newest, parameters.last.value, last);
  for_each_block(contexts, [&](const Block& block) {
    const Matrix hidden = slice(out.hidden, block.first, block.size);
    hidden_forward(parameters, options, contexts, block, slice(x, block.first, block.size), last, hidden);
    nn::project_rows(slice(hidden, 0, block.used), parameters.query.value.data, out.weights + block.first);
  });
  for (std::size_t p = 0; p < contexts.position.size(); ++p) {
    out.weights[p] += parameters.position_bias.value.data[contexts.position[p]];
  }
  nn::segment_softmax(contexts.begin, out.weights);
  out.pooled = arena.zeros(contexts.padded_size, x.columns);
  nn::pool_rows(x, out.weights, contexts.begin, out.pooled);
  if (options.use_user) {
    nn::gemm_f32(Transposed::kNo, Transposed::kNo, contexts.padded_size, x.columns, kUserFeatures,
                 contexts.features.data, parameters.user.value.data, out.pooled.data, Into::kAdd);
  }
  return out;
}

Matrix attention_backward(Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                          ConstMatrix x, const Attention& forward, ConstMatrix dpooled, nn::Arena& arena) {
  const std::size_t positions = contexts.position.size();
  if (options.use_user) {
    nn::gemm_f32(Transposed::kYes, Transposed::kNo, kUserFeatures, x.columns, contexts.padded_size,
                 contexts.features.data, dpooled.data, parameters.user.gradient.data, Into::kAdd);
  }
  const Matrix dx = arena.matrix(contexts.padded_positions, x.columns);
  std::fill(dx.row(positions), dx.row(dx.rows), 0.0F);
  float* dlogits = arena.floats(contexts.padded_positions).data();
  nn::pool_rows_backward(x, forward.weights, contexts.begin, dpooled, dlogits, dx);
  nn::segment_softmax_backward(contexts.begin, forward.weights, dlogits);
  for (std::size_t p = 0; p < positions; ++p) {
    parameters.position_bias.gradient.data[contexts.position[p]] += dlogits[p];
  }

  const Matrix scratch = arena.matrix(kBlock, x.columns);
  const Matrix dlast = arena.zeros(contexts.padded_size, x.columns);
  for_each_block(contexts, [&](const Block& block) {
    const ConstMatrix hidden = slice(ConstMatrix(forward.hidden), block.first, block.size);
    const Matrix dhidden = slice(scratch, 0, block.size);
    const Matrix used = slice(dhidden, 0, block.used);
    std::fill(dhidden.row(block.used), dhidden.row(block.size), 0.0F);
    nn::project_rows_backward(slice(hidden, 0, block.used), parameters.query.value.data, dlogits + block.first,
                              parameters.query.gradient.data, used);
    nn::tanh_backward(hidden, dhidden);
    lookups_backward(parameters, options, contexts, block, used, dlast);
    nn::linear_backward(slice(x, block.first, block.size), parameters.key.value, dhidden, parameters.key.gradient,
                        slice(dx, block.first, block.size), Into::kAdd);
  });
  const Matrix dnewest = arena.matrix(contexts.padded_size, x.columns);
  nn::linear_backward(forward.newest, parameters.last.value, dlast, parameters.last.gradient, dnewest);
  for (std::size_t b = 0; b < contexts.size; ++b) {
    if (contexts.newest[b] == kNoPosition) continue;
    nn::add_scaled(dx.row(contexts.newest[b]), 1.0F, dnewest.row(b), x.columns);
  }
  return dx;
}

}  // namespace millrace::encoder
