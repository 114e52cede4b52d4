#include "model/nn/tanh.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/tanh.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

// 1 − 2 / (e^2x + 1); beyond ±9 the result is ±1 in f32.
void TanhForward(float* x, std::size_t n) {
  const Floats d;
  const Vector one = hn::Set(d, 1.0F);
  const Vector two = hn::Set(d, 2.0F);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vector bounded = hn::Max(hn::Min(hn::LoadU(d, x + i), hn::Set(d, 9.0F)), hn::Set(d, -9.0F));
    const Vector e = ExpOf(hn::Mul(two, bounded));
    hn::StoreU(hn::Sub(one, hn::Div(two, hn::Add(e, one))), d, x + i);
  }
}

void TanhBackward(const float* y, float* dy, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vector value = hn::LoadU(d, y + i);
    const Vector slope = hn::NegMulAdd(value, value, hn::Set(d, 1.0F));
    hn::StoreU(hn::Mul(hn::LoadU(d, dy + i), slope), d, dy + i);
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(TanhForward);
HWY_EXPORT(TanhBackward);

void tanh_forward(Matrix x) { HWY_DYNAMIC_DISPATCH(TanhForward)(x.data, x.size()); }
void tanh_backward(ConstMatrix y, Matrix dy) { HWY_DYNAMIC_DISPATCH(TanhBackward)(y.data, dy.data, dy.size()); }

}  // namespace millrace::nn
#endif
