// Floats of sixteen bits, eight of them for the mantissa: half the bytes, and on some processors (AMX, AMD's AVX-512
// BF16) products at least twice as fast. Sums stay f32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/nn/matmul.h"

namespace millrace::nn {

enum class Bfloat16 : std::uint16_t {};

// Whether this processor multiplies them faster than f32.
bool has_bf16();

// out = x, rounded to the nearest, ties to even; n is a multiple of 16. Finite values only: not every NaN stays one.
void round_to_bf16(const float* x, Bfloat16* out, std::size_t n);

// c[m × n] = op(a)[m × k] · op(b)[k × n], or added to c, in f32. Requires has_bf16() and sizes above zero.
void gemm_bf16(Transposed transposed_a, Transposed transposed_b, std::size_t m, std::size_t n, std::size_t k,
               const Bfloat16* a, const Bfloat16* b, float* c, Into into = Into::kOverwrite);

}  // namespace millrace::nn
