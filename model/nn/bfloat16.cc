#include "model/nn/bfloat16.h"

#include "core/check.h"
#include "model/nn/dnnl_engine.h"
#include "model/nn/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/bfloat16.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

// NOLINTNEXTLINE(readability-identifier-naming): as Highway names what it dispatches
void RoundToBfloat16(const float* x, std::uint16_t* out, std::size_t n) {
  const Floats d;
  const hn::RebindToUnsigned<Floats> du;
  const hn::RebindToSigned<Floats> di;
  const hn::Rebind<std::uint16_t, Floats> half;
  const auto below_half = hn::Set(du, 0x7fffU);
  const auto one = hn::Set(du, 1U);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto bits = hn::BitCast(du, hn::LoadU(d, x + i));
    const auto odd = hn::And(hn::ShiftRight<16>(bits), one);
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(below_half, odd)));
    hn::StoreU(hn::DemoteTo(half, hn::BitCast(di, rounded)), half, out + i);
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(RoundToBfloat16);

bool has_bf16() { return dnnl_has_bf16(); }

void round_to_bf16(const float* x, Bfloat16* out, std::size_t n) {
  MILLRACE_CHECK(n % kLanes == 0);
  HWY_DYNAMIC_DISPATCH(RoundToBfloat16)(x, reinterpret_cast<std::uint16_t*>(out), n);
}

void gemm_bf16(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
               const Bfloat16* a, const Bfloat16* b, float* c, Into into) {
  MILLRACE_CHECK(m > 0 && n > 0 && k > 0);
  dnnl_matmul_bf16({.m = m,
                    .n = n,
                    .k = k,
                    .transpose_a = transposed_a == Transposed::kYes,
                    .transpose_b = transposed_b == Transposed::kYes,
                    .accumulate = into == Into::kAdd},
                   reinterpret_cast<const std::uint16_t*>(a), reinterpret_cast<const std::uint16_t*>(b), c);
}

}  // namespace millrace::nn
#endif
