#include "model/nn/matmul.h"

#include <cstring>

#include "core/check.h"
#include "model/nn/dnnl_engine.h"

namespace millrace::nn {
namespace {

MatmulShape shape_of(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
                     Into into) {
  return {.m = m,
          .n = n,
          .k = k,
          .transpose_a = transposed_a == Transposed::kYes,
          .transpose_b = transposed_b == Transposed::kYes,
          .accumulate = into == Into::kAdd};
}

}  // namespace

void gemm_f32(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
              const float* a, const float* b, float* c, Into into) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    if (into == Into::kOverwrite) std::memset(c, 0, m * n * sizeof(float));
    return;
  }
  dnnl_matmul_f32(shape_of(transposed_a, transposed_b, m, n, k, into), a, b, c);
}

void gemm_u8s8s32(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
                  const std::uint8_t* a, const std::int8_t* b, std::int32_t* c) {
  if (m == 0 || n == 0) return;
  MILLRACE_CHECK(k > 0);
  dnnl_matmul_u8s8s32(shape_of(transposed_a, transposed_b, m, n, k, Into::kOverwrite), a, b, c);
}

}  // namespace millrace::nn
