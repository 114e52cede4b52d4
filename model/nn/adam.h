// Adam (Kingma and Ba, 2015). Rows of embeddings use it lazily: moments move only when the row has a gradient, with the
// bias correction of the table's step.
#pragma once

#include <cstddef>
#include <cstdint>

namespace millrace::nn {

struct AdamSettings {
  float rate = 0.001F;
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float epsilon = 1e-8F;
};

// The settings with the corrections of one step, counted from 1.
struct AdamStep {
  AdamStep(const AdamSettings& settings, std::uint64_t step);
  AdamSettings settings;
  float correction1;  // 1 / (1 − beta1^step)
  float correction2;  // 1 / (1 − beta2^step)
};

// m = β1 m + (1−β1) g;  v = β2 v + (1−β2) g²;  w −= rate · m c1 / (√(v c2) + ε). n is a multiple of 16.
void adam_step(const AdamStep& step, const float* gradient, float* weights, float* mean, float* variance,
               std::size_t n);

}  // namespace millrace::nn
