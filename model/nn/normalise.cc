#include "model/nn/normalise.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/normalise.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void NormaliseRows(ConstMatrix x, Matrix y, float* norms) {
  const Floats d;
  for (std::size_t row = 0; row < x.rows; ++row) {
    const float* from = x.row(row);
    const float norm = std::sqrt(DotRow(from, from, x.columns));
    norms[row] = norm;
    const Vector factor = hn::Set(d, 1.0F / (norm > kShortestNorm ? norm : kShortestNorm));
    float* to = y.row(row);
    for (std::size_t i = 0; i < x.columns; i += hn::Lanes(d)) {
      hn::StoreU(hn::Mul(hn::LoadU(d, from + i), factor), d, to + i);
    }
  }
}

void NormaliseRowsBackward(ConstMatrix y, const float* norms, ConstMatrix dy, Matrix dx) {
  const Floats d;
  for (std::size_t row = 0; row < y.rows; ++row) {
    const float* out = y.row(row);
    const float* gradient = dy.row(row);
    const Vector along = hn::Set(d, DotRow(out, gradient, y.columns));
    const Vector factor = hn::Set(d, norms[row] > kShortestNorm ? 1.0F / norms[row] : 0.0F);
    float* to = dx.row(row);
    for (std::size_t i = 0; i < y.columns; i += hn::Lanes(d)) {
      const Vector across = hn::NegMulAdd(along, hn::LoadU(d, out + i), hn::LoadU(d, gradient + i));
      hn::StoreU(hn::Mul(across, factor), d, to + i);
    }
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(NormaliseRows);
HWY_EXPORT(NormaliseRowsBackward);

void normalise_rows(ConstMatrix x, Matrix y, float* norms) { HWY_DYNAMIC_DISPATCH(NormaliseRows)(x, y, norms); }
void normalise_rows_backward(ConstMatrix y, const float* norms, ConstMatrix dy, Matrix dx) {
  HWY_DYNAMIC_DISPATCH(NormaliseRowsBackward)(y, norms, dy, dx);
}

}  // namespace millrace::nn
#endif
