// The linear layer and its gradient.
#pragma once

#include "model/nn/matmul.h"
#include "model/nn/matrix.h"

namespace millrace::nn {

// y[P × O] = x[P × I] · w[O × I]ᵀ, overwritten or added to.
void linear_forward(ConstMatrix x, ConstMatrix w, Matrix y, Into into = Into::kOverwrite);

// dw[O × I] += dy[P × O]ᵀ · x[P × I]; dx[P × I] = dy · w, overwritten or added to.
void linear_backward(ConstMatrix x, ConstMatrix w, ConstMatrix dy, Matrix dw, Matrix dx, Into into = Into::kOverwrite);

}  // namespace millrace::nn
