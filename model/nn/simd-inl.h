// Vector helpers shared by the operations of this folder, compiled once for each instruction set (Highway's run-time
// dispatch). All lengths are multiples of kLanes, so no loop has a tail; sums run in a fixed order for each instruction
// set.
#if defined(MILLRACE_MODEL_NN_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MILLRACE_MODEL_NN_SIMD_INL_H_
#undef MILLRACE_MODEL_NN_SIMD_INL_H_
#else
#define MILLRACE_MODEL_NN_SIMD_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t kWidest = 16;
using Floats = hn::CappedTag<float, kWidest>;
using Vector = hn::Vec<Floats>;

HWY_INLINE float DotRow(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t n) {
  const Floats d;
  Vector even = hn::Zero(d);
  Vector odd = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * hn::Lanes(d) <= n; i += 2 * hn::Lanes(d)) {
    even = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), even);
    odd = hn::MulAdd(hn::LoadU(d, a + i + hn::Lanes(d)), hn::LoadU(d, b + i + hn::Lanes(d)), odd);
  }
  if (i < n) even = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), even);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
}

// y += a · x
HWY_INLINE void AddScaledRow(float* HWY_RESTRICT y, float a, const float* HWY_RESTRICT x, std::size_t n) {
  const Floats d;
  const Vector factor = hn::Set(d, a);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::MulAdd(factor, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  }
}

// y = a · x
HWY_INLINE void ScaledRow(float* HWY_RESTRICT y, float a, const float* HWY_RESTRICT x, std::size_t n) {
  const Floats d;
  const Vector factor = hn::Set(d, a);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(hn::Mul(factor, hn::LoadU(d, x + i)), d, y + i);
}

HWY_INLINE void AddRow(float* HWY_RESTRICT y, const float* HWY_RESTRICT x, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, y + i), hn::LoadU(d, x + i)), d, y + i);
  }
}

// e^x for -87 ≤ x ≤ 88, relative error below 3e-7: 2^n times the Taylor polynomial of the remainder, |r| ≤ ln 2 / 2.
HWY_INLINE Vector ExpOf(Vector x) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const Vector n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504F)));
  Vector r = hn::NegMulAdd(n, hn::Set(d, 0.693145752F), x);
  r = hn::NegMulAdd(n, hn::Set(d, 1.42860677e-6F), r);
  Vector p = hn::Set(d, 1.0F / 720.0F);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 120.0F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 24.0F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F / 6.0F));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0F));
  const auto exponent = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127)));
  return hn::Mul(p, hn::BitCast(d, exponent));
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
