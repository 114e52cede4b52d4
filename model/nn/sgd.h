// Plain stochastic gradient descent, and weight decay apart from the gradient (Loshchilov and Hutter, 2019) for any
// optimiser.
#pragma once

#include <cstddef>

namespace millrace::nn {

// w −= rate · g. n is a multiple of 16.
void sgd_step(float rate, const float* gradient, float* weights, std::size_t n);

// w −= rate · decay · w, before the optimiser's step.
void decay_weights(float rate, float decay, float* weights, std::size_t n);

}  // namespace millrace::nn
