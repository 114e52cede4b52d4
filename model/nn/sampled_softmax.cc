#include "model/nn/sampled_softmax.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "model/nn/bfloat16.h"
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

// Requires logits of the negatives first … first + kNegativeBlock; leaves their exponentials.
void exponentials_of(const SampledSoftmax& in, std::size_t first, Matrix logits, float* sums) {
  for (const SharedHit& hit : in.hits) {
    if (hit.negative - first < kNegativeBlock) logits.row(hit.row)[hit.negative - first] = kMasked;
  }
  HWY_DYNAMIC_DISPATCH(ExponentialRows)(logits, in.offsets.data() + first, in.shift, sums);
}

// The products with the shared negatives, block after block, in f32.
class FloatNegatives {
 public:
  FloatNegatives(const SampledSoftmax& in, Arena& arena)
      : in_(in), exponentials_(arena.matrix(in.offsets.size(), in.contexts.rows)) {}

  // Exponentials of all of them; contexts' gradient receives Σ_k e_bk c_k, not yet divided.
  void forward(float* sums, Matrix dcontexts) {
    for (std::size_t first = 0; first < in_.offsets.size(); first += kNegativeBlock) {
      const Matrix logits = block(first);
      gemm_f32(Transposed::kNo, Transposed::kYes, logits.rows, kNegativeBlock, in_.contexts.columns, in_.contexts.data,
               in_.items.row(first), logits.data);
      exponentials_of(in_, first, logits, sums);
      gemm_f32(Transposed::kNo, Transposed::kNo, logits.rows, dcontexts.columns, kNegativeBlock, logits.data,
               in_.items.row(first), dcontexts.data, first == 0 ? Into::kOverwrite : Into::kAdd);
    }
  }

  // Items' gradient: c_k receives Σ_b e_bk per_unit_b context_b; `scaled` holds per_unit_b context_b.
  void backward(ConstMatrix scaled, Matrix ditems) {
    for (std::size_t first = 0; first < in_.offsets.size(); first += kNegativeBlock) {
      gemm_f32(Transposed::kYes, Transposed::kNo, kNegativeBlock, scaled.columns, scaled.rows, block(first).data,
               scaled.data, ditems.row(first));
    }
  }

 private:
  Matrix block(std::size_t first) const {
    const std::size_t rows = in_.contexts.rows;
    return {exponentials_.data + first * rows, rows, kNegativeBlock};
  }

  const SampledSoftmax& in_;
  Matrix exponentials_;  // K × B
};

// The same in bfloat16: contexts, items and exponentials are rounded, sums are not.
class HalfNegatives {
 public:
  HalfNegatives(const SampledSoftmax& in, Arena& arena)
      : in_(in),
        arena_(arena),
        logits_(arena.matrix(in.contexts.rows, kNegativeBlock)),
        contexts_(rounded(in.contexts)),
        items_(rounded({in.items.data, in.offsets.size(), in.items.columns})),
        exponentials_(arena.of<Bfloat16>(in.offsets.size() * in.contexts.rows)) {}

  void forward(float* sums, Matrix dcontexts) {
    for (std::size_t first = 0; first < in_.offsets.size(); first += kNegativeBlock) {
      gemm_bf16(Transposed::kNo, Transposed::kYes, logits_.rows, kNegativeBlock, in_.contexts.columns, contexts_.data(),
                item(first), logits_.data);
      exponentials_of(in_, first, logits_, sums);
      round_to_bf16(logits_.data, block(first), logits_.size());
      gemm_bf16(Transposed::kNo, Transposed::kNo, logits_.rows, dcontexts.columns, kNegativeBlock, block(first),
                item(first), dcontexts.data, first == 0 ? Into::kOverwrite : Into::kAdd);
    }
  }

  void backward(ConstMatrix scaled, Matrix ditems) {
    const std::span<const Bfloat16> contexts = rounded(scaled);
    for (std::size_t first = 0; first < in_.offsets.size(); first += kNegativeBlock) {
      gemm_bf16(Transposed::kYes, Transposed::kNo, kNegativeBlock, scaled.columns, scaled.rows, block(first),
                contexts.data(), ditems.row(first));
    }
  }

 private:
  std::span<Bfloat16> rounded(ConstMatrix x) {
    const std::span<Bfloat16> half = arena_.of<Bfloat16>(x.size());
    round_to_bf16(x.data, half.data(), x.size());
    return half;
  }
  const Bfloat16* item(std::size_t row) const { return items_.data() + row * in_.items.columns; }
  Bfloat16* block(std::size_t first) const { return exponentials_.data() + first * in_.contexts.rows; }

  const SampledSoftmax& in_;
  Arena& arena_;
  Matrix logits_;  // of one block
  std::span<const Bfloat16> contexts_, items_;
  std::span<Bfloat16> exponentials_;  // K × B
};

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

template <class Negatives>
double softmax_with(Negatives negatives, const SampledSoftmax& in, Arena& arena, const SampledSoftmaxGradients& out) {
  const std::size_t rows = in.contexts.rows;
  const std::size_t examples = in.positive.size();
  const std::size_t depth = in.contexts.columns;
  const Matrix scaled = arena.zeros(rows, depth);
  const Matrix sums = arena.zeros(1, rows);
  if (in.offsets.empty()) std::fill_n(out.contexts.data, out.contexts.size(), 0.0F);
  negatives.forward(sums.data, out.contexts);

  double loss = 0.0;
  for (std::size_t b = 0; b < examples; ++b) {
    const float positive = forward_extras(in, b, out.extra_bias, &sums.data[b]);
    loss += static_cast<double>(std::log(sums.data[b]) - positive);
    sums.data[b] = in.weight / sums.data[b];
    add_scaled(scaled.row(b), sums.data[b], in.contexts.row(b), depth);
    scale(out.contexts.row(b), sums.data[b], depth);
  }
  negatives.backward(scaled, out.items);
  for (std::size_t b = 0; b < examples; ++b) backward_extras(in, b, sums.data[b], out);
  return loss;
}

}  // namespace

double sampled_softmax(const SampledSoftmax& in, Arena& arena, const SampledSoftmaxGradients& out) {
  MILLRACE_CHECK(in.offsets.size() % kNegativeBlock == 0 && in.positive.size() <= in.contexts.rows);
  if (in.half) return softmax_with(HalfNegatives(in, arena), in, arena, out);
  return softmax_with(FloatNegatives(in, arena), in, arena, out);
}

}  // namespace millrace::nn
#endif
