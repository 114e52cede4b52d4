#include "model/nn/sampled_softmax.h"

#include <algorithm>
#include <array>
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

// Parts of the negatives whose sums are taken apart, so that several threads may.
constexpr std::size_t kParts = 4;

// The products with a block of the shared negatives, in f32. Exponentials of all blocks are kept, K × B.
class FloatProducts {
 public:
  FloatProducts(const SampledSoftmax& in, Arena& arena)
      : in_(in), exponentials_(arena.matrix(in.offsets.size(), in.contexts.rows)) {}

  // Where the logits of the block that begins at `first` belong.
  Matrix logits_at(std::size_t first, std::size_t /*part*/) const {
    const std::size_t rows = in_.contexts.rows;
    return {exponentials_.data + first * rows, rows, kNegativeBlock};
  }
  void multiply(std::size_t first, Matrix logits) const {
    gemm_f32(Transposed::kNo, Transposed::kYes, logits.rows, kNegativeBlock, in_.contexts.columns, in_.contexts.data,
             in_.items.row(first), logits.data);
  }
  void keep(std::size_t /*first*/, ConstMatrix /*exponentials*/) const {}
  // Σ_k e_bk c_k over the block.
  void to_contexts(std::size_t first, Matrix dcontexts, Into into) const {
    gemm_f32(Transposed::kNo, Transposed::kNo, dcontexts.rows, dcontexts.columns, kNegativeBlock,
             logits_at(first, 0).data, in_.items.row(first), dcontexts.data, into);
  }
  // Σ_b e_bk context_b, by how much a context's exponential counts.
  void set_scaled(ConstMatrix contexts) { scaled_ = contexts; }
  void to_items(std::size_t first, Matrix ditems) const {
    gemm_f32(Transposed::kYes, Transposed::kNo, kNegativeBlock, scaled_.columns, scaled_.rows, logits_at(first, 0).data,
             scaled_.data, ditems.row(first));
  }

 private:
  const SampledSoftmax& in_;
  Matrix exponentials_;
  ConstMatrix scaled_;
};

// The same in bfloat16: contexts, items and exponentials are rounded, sums are not.
class HalfProducts {
 public:
  HalfProducts(const SampledSoftmax& in, Arena& arena)
      : in_(in),
        arena_(arena),
        contexts_(rounded(in.contexts)),
        items_(rounded({in.items.data, in.offsets.size(), in.items.columns})),
        exponentials_(arena.of<Bfloat16>(in.offsets.size() * in.contexts.rows)) {
    for (Matrix& logits : logits_) logits = arena.matrix(in.contexts.rows, kNegativeBlock);
  }

  Matrix logits_at(std::size_t /*first*/, std::size_t part) const { return logits_[part]; }
  void multiply(std::size_t first, Matrix logits) const {
    gemm_bf16(Transposed::kNo, Transposed::kYes, logits.rows, kNegativeBlock, in_.contexts.columns, contexts_.data(),
              item(first), logits.data);
  }
  void keep(std::size_t first, ConstMatrix exponentials) const {
    round_to_bf16(exponentials.data, block(first), exponentials.size());
  }
  void to_contexts(std::size_t first, Matrix dcontexts, Into into) const {
    gemm_bf16(Transposed::kNo, Transposed::kNo, dcontexts.rows, dcontexts.columns, kNegativeBlock, block(first),
              item(first), dcontexts.data, into);
  }
  void set_scaled(ConstMatrix contexts) { scaled_ = rounded(contexts); }
  void to_items(std::size_t first, Matrix ditems) const {
    gemm_bf16(Transposed::kYes, Transposed::kNo, kNegativeBlock, ditems.columns, in_.contexts.rows, block(first),
              scaled_.data(), ditems.row(first));
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
  std::span<const Bfloat16> contexts_, items_, scaled_;
  std::span<Bfloat16> exponentials_;  // K × B
  std::array<Matrix, kParts> logits_;
};

// Exponentials of all negatives and their sums; contexts' gradient receives Σ_k e_bk c_k, not yet divided.
template <class Products>
void forward_negatives(const SampledSoftmax& in, Arena& arena, const Products& products, Matrix sums,
                       Matrix dcontexts) {
  const std::size_t blocks = in.offsets.size() / kNegativeBlock;
  const std::size_t parts = std::min(kParts, blocks);
  std::array<Matrix, kParts> part_sums{sums};
  std::array<Matrix, kParts> part_dcontexts{dcontexts};
  for (std::size_t part = 1; part < parts; ++part) {
    part_sums[part] = arena.zeros(1, sums.columns);
    part_dcontexts[part] = arena.matrix(dcontexts.rows, dcontexts.columns);
  }
  run_tasks(in.workers, parts, [&](std::size_t part) {
    const std::size_t begin = part * blocks / parts;
    for (std::size_t block = begin; block < (part + 1) * blocks / parts; ++block) {
      const std::size_t first = block * kNegativeBlock;
      const Matrix logits = products.logits_at(first, part);
      products.multiply(first, logits);
      exponentials_of(in, first, logits, part_sums[part].data);
      products.keep(first, logits);
      products.to_contexts(first, part_dcontexts[part], block == begin ? Into::kOverwrite : Into::kAdd);
    }
  });
  for (std::size_t part = 1; part < parts; ++part) {
    add_scaled(sums.data, 1.0F, part_sums[part].data, sums.size());
    add_scaled(dcontexts.data, 1.0F, part_dcontexts[part].data, dcontexts.size());
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

template <class Products>
double softmax_with(Products products, const SampledSoftmax& in, Arena& arena, const SampledSoftmaxGradients& out) {
  const std::size_t rows = in.contexts.rows;
  const std::size_t examples = in.positive.size();
  const std::size_t depth = in.contexts.columns;
  const Matrix scaled = arena.zeros(rows, depth);
  const Matrix sums = arena.zeros(1, rows);
  if (in.offsets.empty()) std::fill_n(out.contexts.data, out.contexts.size(), 0.0F);
  forward_negatives(in, arena, products, sums, out.contexts);

  double loss = 0.0;
  for (std::size_t b = 0; b < examples; ++b) {
    const float positive = forward_extras(in, b, out.extra_bias, &sums.data[b]);
    loss += static_cast<double>(std::log(sums.data[b]) - positive);
    sums.data[b] = in.weight / sums.data[b];
    add_scaled(scaled.row(b), sums.data[b], in.contexts.row(b), depth);
    scale(out.contexts.row(b), sums.data[b], depth);
  }
  products.set_scaled(scaled);
  run_tasks(in.workers, in.offsets.size() / kNegativeBlock,
            [&](std::size_t block) { products.to_items(block * kNegativeBlock, out.items); });
  for (std::size_t b = 0; b < examples; ++b) backward_extras(in, b, sums.data[b], out);
  return loss;
}

}  // namespace

double sampled_softmax(const SampledSoftmax& in, Arena& arena, const SampledSoftmaxGradients& out) {
  MILLRACE_CHECK(in.offsets.size() % kNegativeBlock == 0 && in.positive.size() <= in.contexts.rows);
  if (in.half) return softmax_with(HalfProducts(in, arena), in, arena, out);
  return softmax_with(FloatProducts(in, arena), in, arena, out);
}

}  // namespace millrace::nn
#endif
