#include "model/nn/sgd.h"

#include "model/nn/vector_ops.h"

namespace millrace::nn {

void sgd_step(float rate, const float* gradient, float* weights, std::size_t n) {
  add_scaled(weights, -rate, gradient, n);
}

void decay_weights(float rate, float decay, float* weights, std::size_t n) {
  if (decay > 0.0F) scale(weights, 1.0F - rate * decay, n);
}

}  // namespace millrace::nn
