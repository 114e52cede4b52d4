#include "model/nn/linear.h"

namespace millrace::nn {

void linear_forward(ConstMatrix x, ConstMatrix w, Matrix y, Into into) {
  gemm_f32(Transposed::kNo, Transposed::kYes, x.rows, w.rows, x.columns, x.data, w.data, y.data, into);
}

void linear_backward(ConstMatrix x, ConstMatrix w, ConstMatrix dy, Matrix dw, Matrix dx, Into into) {
  gemm_f32(Transposed::kYes, Transposed::kNo, w.rows, w.columns, x.rows, dy.data, x.data, dw.data, Into::kAdd);
  gemm_f32(Transposed::kNo, Transposed::kNo, x.rows, w.columns, w.rows, dy.data, w.data, dx.data, into);
}

}  // namespace millrace::nn
