#include "model/nn/adagrad.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/adagrad.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void Adagrad(const AdagradSettings& settings, const float* HWY_RESTRICT gradient, float* HWY_RESTRICT weights,
             float* HWY_RESTRICT squares, std::size_t n) {
  const Floats d;
  const Vector rate = hn::Set(d, settings.rate);
  const Vector epsilon = hn::Set(d, settings.epsilon);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vector g = hn::LoadU(d, gradient + i);
    const Vector s = hn::MulAdd(g, g, hn::LoadU(d, squares + i));
    const Vector change = hn::Div(hn::Mul(rate, g), hn::Add(hn::Sqrt(s), epsilon));
    hn::StoreU(s, d, squares + i);
    hn::StoreU(hn::Sub(hn::LoadU(d, weights + i), change), d, weights + i);
  }
}

void AdagradRow(const AdagradSettings& settings, const float* gradient, float* weights, float* square, std::size_t n) {
  *square += DotRow(gradient, gradient, n) / static_cast<float>(n);
  AddScaledRow(weights, -settings.rate / (std::sqrt(*square) + settings.epsilon), gradient, n);
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(Adagrad);
HWY_EXPORT(AdagradRow);

void adagrad_step(const AdagradSettings& settings, const float* gradient, float* weights, float* squares,
                  std::size_t n) {
  HWY_DYNAMIC_DISPATCH(Adagrad)(settings, gradient, weights, squares, n);
}
void adagrad_row_step(const AdagradSettings& settings, const float* gradient, float* weights, float* square,
                      std::size_t n) {
  HWY_DYNAMIC_DISPATCH(AdagradRow)(settings, gradient, weights, square, n);
}

}  // namespace millrace::nn
#endif
