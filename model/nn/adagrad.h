// Adagrad (Duchi et al., 2011), with a sum of squares for every weight or one for a whole row.
#pragma once

#include <cstddef>

namespace millrace::nn {

struct AdagradSettings {
  float rate = 0.05F;
  float epsilon = 1e-8F;
};

// s += g²;  w −= rate · g / (√s + ε). n is a multiple of 16.
void adagrad_step(const AdagradSettings& settings, const float* gradient, float* weights, float* squares,
                  std::size_t n);

// Row-wise: s += mean of g² over the row;  w −= rate · g / (√s + ε).
void adagrad_row_step(const AdagradSettings& settings, const float* gradient, float* weights, float* square,
                      std::size_t n);

}  // namespace millrace::nn
