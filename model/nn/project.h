// Rows projected on one vector: the attention logits of the positions.
#pragma once

#include "model/nn/matrix.h"

namespace millrace::nn {

// out_p = h_p · v
void project_rows(ConstMatrix h, const float* v, float* out);

// dv += Σ_p dout_p h_p, in order of p; dh_p = dout_p v, overwritten.
void project_rows_backward(ConstMatrix h, const float* v, const float* dout, float* dv, Matrix dh);

}  // namespace millrace::nn
