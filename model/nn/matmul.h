// Matrix products. Operands are row-major without gaps; an operand marked kYes lies in memory as its transpose, so
// gemm_f32(kNo, kYes, B, K, D, s, c, out) is out[B × K] = s[B × D] · c[K × D]ᵀ.
//
// Every distinct shape costs 0.1 ms and some memory once: pad sizes that vary (padded() below) with zero rows. Products
// of fewer than about 64 rows do not pay.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/nn/matrix.h"

namespace millrace::nn {

enum class Transposed : bool { kNo = false, kYes = true };
enum class Into : bool { kOverwrite = false, kAdd = true };

constexpr std::size_t padded(std::size_t size, std::size_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

// c[m × n] = op(a)[m × k] · op(b)[k × n], or added to c. Does nothing where a size is zero and `into` is kAdd.
void gemm_f32(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
              const float* a, const float* b, float* c, Into into = Into::kOverwrite);

// c[m × n] = op(a)[m × k] · op(b)[k × n], exact in 32 bits for k ≤ 65,793. On processors without VNNI, sums of two
// products may saturate at 16 bits unless a ≤ 127.
void gemm_u8s8s32(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
                  const std::uint8_t* a, const std::int8_t* b, std::int32_t* c);

}  // namespace millrace::nn
