#include "model/nn/project.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/project.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void ProjectRows(ConstMatrix h, const float* v, float* out) {
  for (std::size_t p = 0; p < h.rows; ++p) out[p] = DotRow(h.row(p), v, h.columns);
}

void ProjectRowsBackward(ConstMatrix h, const float* v, const float* dout, float* dv, Matrix dh) {
  for (std::size_t p = 0; p < h.rows; ++p) {
    AddScaledRow(dv, dout[p], h.row(p), h.columns);
    ScaledRow(dh.row(p), dout[p], v, h.columns);
  }
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(ProjectRows);
HWY_EXPORT(ProjectRowsBackward);

void project_rows(ConstMatrix h, const float* v, float* out) { HWY_DYNAMIC_DISPATCH(ProjectRows)(h, v, out); }
void project_rows_backward(ConstMatrix h, const float* v, const float* dout, float* dv, Matrix dh) {
  HWY_DYNAMIC_DISPATCH(ProjectRowsBackward)(h, v, dout, dv, dh);
}

}  // namespace millrace::nn
#endif
