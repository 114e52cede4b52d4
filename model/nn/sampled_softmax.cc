#include "model/nn/sampled_softmax.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/sampled_softmax.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

// x = e^(x + offset − shift), 0 below e^-80; sums_b += the sum of row b.
void ExponentialRows(Matrix x, const float* offsets, float shift, float* sums) {
  const Floats d;
  const Vector lowest = hn::Set(d, -80.0F);
  const Vector highest = hn::Set(d, 80.0F);
  const Vector down = hn::Set(d, shift);
  for (std::size_t b = 0; b < x.rows; ++b) {
    float* row = x.row(b);
    Vector sum = hn::Zero(d);
    for (std::size_t k = 0; k < x.columns; k += hn::Lanes(d)) {
      const Vector offset = hn::Sub(hn::LoadU(d, offsets + k), down);
      const Vector logit = hn::Min(hn::Add(hn::LoadU(d, row + k), offset), highest);
      const Vector e = hn::IfThenElseZero(hn::Ge(logit, lowest), ExpOf(hn::Max(logit, lowest)));
      hn::StoreU(e, d, row + k);
      sum = hn::Add(sum, e);
    }
    sums[b] += hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {
namespace {

HWY_EXPORT(ExponentialRows);

constexpr float kMasked = -1e30F;

Matrix block_of(Matrix exponentials, std::size_t block, std::size_t rows) {
  return {exponentials.data + block * rows * kNegativeBlock, rows, kNegativeBlock};
}

// Exponentials of all shared negatives, block after block; contexts' gradient receives Σ_k e_bk c_k, not yet divided.
void forward_negatives(const SampledSoftmax& in, Matrix exponentials, float* sums, Matrix dcontexts) {
  const std::size_t rows = in.contexts.rows;
  const std::size_t depth = in.contexts.columns;
  for (std::size_t block = 0; block < in.offsets.size() / kNegativeBlock; ++block) {
    const std::size_t first = block * kNegativeBlock;
    const Matrix logits = block_of(exponentials, block, rows);
    gemm_f32(Transposed::kNo, Transposed::kYes, rows, kNegativeBlock, depth, in.contexts.data, in.items.row(first),
             logits.data);
    for (const SharedHit& hit : in.hits) {
      if (hit.negative - first < kNegativeBlock) logits.row(hit.row)[hit.negative - first] = kMasked;
    }
    HWY_DYNAMIC_DISPATCH(ExponentialRows)(logits, in.offsets.data() + first, in.shift, sums);
    gemm_f32(Transposed::kNo, Transposed::kNo, rows, depth, kNegativeBlock, logits.data, in.items.row(first),
             dcontexts.data, block == 0 ? Into::kOverwrite : Into::kAdd);
  }
}

// Exponentials of the row's extras, added to its sum. Returns the logit of its positive, less the shift.
float forward_extras(const SampledSoftmax& in, std::size_t b, float* exponentials, float* sum) {
  const std::uint32_t begin = in.extra_begin[b];
  const std::uint32_t end = in.extra_begin[b + 1];
  float positive = 0.0F;
  for (std::uint32_t e = begin; e < end; ++e) {
    const float product = dot(in.contexts.row(b), in.items.row(in.extra_item[e]), in.contexts.columns);
    const float logit = std::clamp(product + in.extra_bias[e] - in.shift, -80.0F, 80.0F);
    if (e == in.positive[b]) positive = logit;
    exponentials[e] = std::exp(logit);
    *sum += exponentials[e];
  }
  return positive;
}

void backward_extras(const SampledSoftmax& in, std::size_t b, float per_unit, const SampledSoftmaxGradients& out) {
  for (std::uint32_t e = in.extra_begin[b]; e < in.extra_begin[b + 1]; ++e) {
    float gradient = out.extra_bias[e] * per_unit;
    if (e == in.positive[b]) gradient -= in.weight;
    out.extra_bias[e] = gradient;
    const std::uint32_t item = in.extra_item[e];
    add_scaled(out.contexts.row(b), gradient, in.items.row(item), in.contexts.columns);
    add_scaled(out.items.row(item), gradient, in.contexts.row(b), in.contexts.columns);
  }
}

// Items' gradient: c_k receives Σ_b e_bk per_unit_b context_b; `scaled` holds per_unit_b context_b.
void backward_negatives(const SampledSoftmax& in, Matrix exponentials, ConstMatrix scaled, Matrix ditems) {
  for (std::size_t block = 0; block < in.offsets.size() / kNegativeBlock; ++block) {
    const ConstMatrix e = block_of(exponentials, block, scaled.rows);
    gemm_f32(Transposed::kYes, Transposed::kNo, kNegativeBlock, scaled.columns, scaled.rows, e.data, scaled.data,
             ditems.row(block * kNegativeBlock));
  }
}

}  // namespace

double sampled_softmax(const SampledSoftmax& in, Arena& arena, const SampledSoftmaxGradients& out) {
  const std::size_t rows = in.contexts.rows;
  const std::size_t examples = in.positive.size();
  const std::size_t depth = in.contexts.columns;
  MILLRACE_CHECK(in.offsets.size() % kNegativeBlock == 0 && examples <= rows);
  const Matrix exponentials = arena.matrix(in.offsets.size(), rows);
  const Matrix scaled = arena.zeros(rows, depth);
  const Matrix sums = arena.zeros(1, rows);
  if (in.offsets.empty()) std::fill_n(out.contexts.data, out.contexts.size(), 0.0F);
  forward_negatives(in, exponentials, sums.data, out.contexts);

  double loss = 0.0;
  for (std::size_t b = 0; b < examples; ++b) {
    const float positive = forward_extras(in, b, out.extra_bias, &sums.data[b]);
    loss += static_cast<double>(std::log(sums.data[b]) - positive);
    sums.data[b] = in.weight / sums.data[b];
    add_scaled(scaled.row(b), sums.data[b], in.contexts.row(b), depth);
    scale(out.contexts.row(b), sums.data[b], depth);
  }
  backward_negatives(in, exponentials, scaled, out.items);
  for (std::size_t b = 0; b < examples; ++b) backward_extras(in, b, sums.data[b], out);
  return loss;
}

}  // namespace millrace::nn
#endif
