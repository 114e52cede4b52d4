#include "model/nn/pooling.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/pooling.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void PoolRows(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, Matrix out) {
  for (std::size_t b = 0; b + 1 < offsets.size(); ++b) {
    std::memset(out.row(b), 0, out.columns * sizeof(float));
    for (std::size_t p = offsets[b]; p < offsets[b + 1]; ++p) {
      AddScaledRow(out.row(b), weights[p], x.row(p), x.columns);
    }
  }
}

void PoolRowsBackward(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, ConstMatrix dout,
                      float* dweights, Matrix dx) {
  for (std::size_t b = 0; b + 1 < offsets.size(); ++b) {
    for (std::size_t p = offsets[b]; p < offsets[b + 1]; ++p) {
      dweights[p] = DotRow(dout.row(b), x.row(p), x.columns);
      ScaledRow(dx.row(p), weights[p], dout.row(b), x.columns);
    }
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(PoolRows);
HWY_EXPORT(PoolRowsBackward);

void pool_rows(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, Matrix out) {
  HWY_DYNAMIC_DISPATCH(PoolRows)(x, weights, offsets, out);
}
void pool_rows_backward(ConstMatrix x, const float* weights, std::span<const std::uint32_t> offsets, ConstMatrix dout,
                        float* dweights, Matrix dx) {
  HWY_DYNAMIC_DISPATCH(PoolRowsBackward)(x, weights, offsets, dout, dweights, dx);
}

}  // namespace millrace::nn
#endif
