#include "model/nn/vector_ops.h"

#include "model/nn/dnnl_engine.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/vector_ops.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

float Dot(const float* a, const float* b, std::size_t n) { return DotRow(a, b, n); }

void AddScaled(float* y, float a, const float* x, std::size_t n) { AddScaledRow(y, a, x, n); }

void Scale(float* x, float a, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::Set(d, a)), d, x + i);
  }
}

void Exponential(float* x, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(ExpOf(hn::Max(hn::LoadU(d, x + i), hn::Set(d, -87.0F))), d, x + i);
  }
}

const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(Dot);
HWY_EXPORT(AddScaled);
HWY_EXPORT(Scale);
HWY_EXPORT(Exponential);
HWY_EXPORT(TargetName);

float dot(const float* a, const float* b, std::size_t n) { return HWY_DYNAMIC_DISPATCH(Dot)(a, b, n); }
void add_scaled(float* y, float a, const float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(AddScaled)(y, a, x, n); }
void scale(float* x, float a, std::size_t n) { HWY_DYNAMIC_DISPATCH(Scale)(x, a, n); }
void exponential(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Exponential)(x, n); }

std::string engine_signature() { return dnnl_signature() + ", vectors " + HWY_DYNAMIC_DISPATCH(TargetName)(); }

}  // namespace millrace::nn
#endif
