#include "model/nn/adam.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/adam.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void AdamRow(const AdamStep& step, const float* HWY_RESTRICT gradient, float* HWY_RESTRICT weights,
             float* HWY_RESTRICT mean, float* HWY_RESTRICT variance, std::size_t n) {
  const Floats d;
  const Vector beta1 = hn::Set(d, step.settings.beta1);
  const Vector beta2 = hn::Set(d, step.settings.beta2);
  const Vector rest1 = hn::Set(d, 1.0F - step.settings.beta1);
  const Vector rest2 = hn::Set(d, 1.0F - step.settings.beta2);
  const Vector rate = hn::Set(d, step.settings.rate * step.correction1);
  const Vector correction2 = hn::Set(d, step.correction2);
  const Vector epsilon = hn::Set(d, step.settings.epsilon);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const Vector g = hn::LoadU(d, gradient + i);
    const Vector m = hn::MulAdd(beta1, hn::LoadU(d, mean + i), hn::Mul(rest1, g));
    const Vector v = hn::MulAdd(beta2, hn::LoadU(d, variance + i), hn::Mul(rest2, hn::Mul(g, g)));
    const Vector scale = hn::Add(hn::Sqrt(hn::Mul(v, correction2)), epsilon);
    hn::StoreU(m, d, mean + i);
    hn::StoreU(v, d, variance + i);
    hn::StoreU(hn::Sub(hn::LoadU(d, weights + i), hn::Div(hn::Mul(rate, m), scale)), d, weights + i);
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {
namespace {

float correction(float beta, std::uint64_t step) {
  return static_cast<float>(1.0 / (1.0 - std::pow(static_cast<double>(beta), static_cast<double>(step))));
}

}  // namespace

HWY_EXPORT(AdamRow);

AdamStep::AdamStep(const AdamSettings& given, std::uint64_t step)
    : settings(given), correction1(correction(given.beta1, step)), correction2(correction(given.beta2, step)) {}

void adam_step(const AdamStep& step, const float* gradient, float* weights, float* mean, float* variance,
               std::size_t n) {
  HWY_DYNAMIC_DISPATCH(AdamRow)(step, gradient, weights, mean, variance, n);
}

}  // namespace millrace::nn
#endif
