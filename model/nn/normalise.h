// Rows divided by their Euclidean length, and the gradient of that.
#pragma once

#include "model/nn/matrix.h"

namespace millrace::nn {

// Shorter rows are divided by this instead, and pass no gradient.
inline constexpr float kShortestNorm = 1e-6F;

// y_i = x_i / |x_i|; `norms` receives |x_i|. y may be x.
void normalise_rows(ConstMatrix x, Matrix y, float* norms);

// dx_i = (dy_i − y_i (y_i · dy_i)) / |x_i|, overwritten. dx may be dy.
void normalise_rows_backward(ConstMatrix y, const float* norms, ConstMatrix dy, Matrix dx);

}  // namespace millrace::nn
