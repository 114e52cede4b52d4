#include "model/families/encoder_attention.h"

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

// Gradients of what is added to the positions' hidden layer.
void lookups_backward(Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                      ConstMatrix dhidden) {
  nn::add_lookup_backward(contexts.position, dhidden, parameters.position.gradient);
  if (options.use_kinds) nn::add_lookup_backward(contexts.kind, dhidden, parameters.kind.gradient);
  if (options.use_gaps) nn::add_lookup_backward(contexts.gap, dhidden, parameters.gap.gradient);
}

}  // namespace

Attention attention_forward(const Parameters& parameters, const EncoderOptions& options, const Contexts& contexts,
                            ConstMatrix x, nn::Arena& arena) {
  const std::size_t positions = contexts.position.size();
  Attention out;
  out.newest = newest_rows(contexts, x, arena);
  out.hidden = arena.matrix(contexts.padded_positions, x.columns);
  nn::linear_forward(x, parameters.key.value, out.hidden);
  const Matrix last = arena.matrix(contexts.padded_size, x.columns);
  nn::linear_forward(out.newest, parameters.last.value, last);
  nn::add_lookup(last, contexts.context, out.hidden);
  nn::add_lookup(parameters.position.value, contexts.position, out.hidden);
  if (options.use_kinds) nn::add_lookup(parameters.kind.value, contexts.kind, out.hidden);
  if (options.use_gaps) nn::add_lookup(parameters.gap.value, contexts.gap, out.hidden);
  nn::tanh_forward(out.hidden);

  out.weights = arena.floats(nn::padded(contexts.padded_positions, nn::kLanes)).data();
  nn::project_rows({out.hidden.data, positions, x.columns}, parameters.query.value.data, out.weights);
  for (std::size_t p = 0; p < positions; ++p) {
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
  const Matrix dx = arena.zeros(contexts.padded_positions, x.columns);
  float* dlogits = arena.floats(contexts.padded_positions).data();
  nn::pool_rows_backward(x, forward.weights, contexts.begin, dpooled, dlogits, dx);
  nn::segment_softmax_backward(contexts.begin, forward.weights, dlogits);
  for (std::size_t p = 0; p < positions; ++p) {
    parameters.position_bias.gradient.data[contexts.position[p]] += dlogits[p];
  }

  const Matrix dhidden = arena.zeros(contexts.padded_positions, x.columns);
  const Matrix used{dhidden.data, positions, x.columns};
  nn::project_rows_backward({forward.hidden.data, positions, x.columns}, parameters.query.value.data, dlogits,
                            parameters.query.gradient.data, used);
  nn::tanh_backward(forward.hidden, dhidden);
  lookups_backward(parameters, options, contexts, used);
  const Matrix dlast = arena.zeros(contexts.padded_size, x.columns);
  nn::add_lookup_backward(contexts.context, used, dlast);

  nn::linear_backward(x, parameters.key.value, dhidden, parameters.key.gradient, dx, Into::kAdd);
  const Matrix dnewest = arena.matrix(contexts.padded_size, x.columns);
  nn::linear_backward(forward.newest, parameters.last.value, dlast, parameters.last.gradient, dnewest);
  for (std::size_t b = 0; b < contexts.size; ++b) {
    if (contexts.newest[b] == kNoPosition) continue;
    nn::add_scaled(dx.row(contexts.newest[b]), 1.0F, dnewest.row(b), x.columns);
  }
  return dx;
}

}  // namespace millrace::encoder
