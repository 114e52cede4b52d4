#include "model/nn/vector_ops.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "model/nn/dnnl_engine.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/vector_ops.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include <hwy/contrib/math/math-inl.h>

#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

float Dot(const float* a, const float* b, std::size_t n) { return DotRow(a, b, n); }

void AddScaled(float* y, float a, const float* x, std::size_t n) { AddScaledRow(y, a, x, n); }

void ScaledSum(float* y, float a, const float* const* rows, std::size_t count, std::size_t n) {
  const Floats d;
  const Vector factor = hn::Set(d, a);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    Vector sum = hn::Zero(d);
    for (std::size_t r = 0; r < count; ++r) sum = hn::Add(sum, hn::LoadU(d, rows[r] + i));
    hn::StoreU(hn::Mul(factor, sum), d, y + i);
  }
}

void AddWeightedRows(float* y, const float* weights, std::size_t count, const float* rows, std::size_t n) {
  const Floats d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    Vector sum = hn::LoadU(d, y + i);
    for (std::size_t r = 0; r < count; ++r) {
      sum = hn::MulAdd(hn::Set(d, weights[r]), hn::LoadU(d, rows + r * n + i), sum);
    }
    hn::StoreU(sum, d, y + i);
  }
}

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

void Logarithm(float* x, std::size_t n) {
  const Floats d;
  const auto lanes = [&](float* at) HWY_ATTR { hn::StoreU(hn::Log(d, hn::LoadU(d, at)), d, at); };
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) lanes(x + i);
  float tail[kWidest];
  std::fill_n(tail, kWidest, 1.0F);
  std::copy(x + i, x + n, tail);
  lanes(tail);
  std::copy_n(tail, n - i, x + i);
}

const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(Dot);
HWY_EXPORT(AddScaled);
HWY_EXPORT(ScaledSum);
HWY_EXPORT(AddWeightedRows);
HWY_EXPORT(Scale);
HWY_EXPORT(Exponential);
HWY_EXPORT(Logarithm);
HWY_EXPORT(TargetName);

float dot(const float* a, const float* b, std::size_t n) { return HWY_DYNAMIC_DISPATCH(Dot)(a, b, n); }
void add_scaled(float* y, float a, const float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(AddScaled)(y, a, x, n); }
void scaled_sum(float* y, float a, std::span<const float* const> rows, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(ScaledSum)(y, a, rows.data(), rows.size(), n);
}
void add_weighted_rows(float* y, std::span<const float> weights, const float* rows, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(AddWeightedRows)(y, weights.data(), weights.size(), rows, n);
}
void scale(float* x, float a, std::size_t n) { HWY_DYNAMIC_DISPATCH(Scale)(x, a, n); }
void exponential(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Exponential)(x, n); }
void logarithm(std::span<float> x) { HWY_DYNAMIC_DISPATCH(Logarithm)(x.data(), x.size()); }

namespace {
constexpr std::string_view kVectors = ", vectors ";
}

std::string engine_signature() { return dnnl_signature() + std::string(kVectors) + HWY_DYNAMIC_DISPATCH(TargetName)(); }

void adopt_engine(const std::string& signature) {
  adopt_dnnl(signature);
  const std::size_t at = signature.find(kVectors);
  if (at == std::string::npos) return;
  const std::string_view name = std::string_view(signature).substr(at + kVectors.size());
  for (std::int64_t targets = HWY_TARGETS; targets != 0; targets &= targets - 1) {
    const std::int64_t target = targets & -targets;
    if (name == hwy::TargetName(target)) hwy::DisableTargets(target - 1);  // better targets have lower bits
  }
}

}  // namespace millrace::nn
#endif
