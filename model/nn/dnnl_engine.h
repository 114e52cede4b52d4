// The boundary to oneDNN: matrix products, each shape's primitive built once and kept. Built for oneDNN 2.6 to 3.x.
//
// A thread has its own engine, primitives and scratch memory, so calls from several threads do not meet; each call runs
// on the calling thread alone, because results must not depend on the number of processors. Results repeat bit for bit
// on machines of the same engine_signature().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace::nn {

// c[m × n] = op(a)[m × k] · op(b)[k × n] (+ c). `transpose` means that the operand lies in memory as its transpose.
struct MatmulShape {
  std::size_t m = 0, n = 0, k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
  bool accumulate = false;
  bool operator==(const MatmulShape&) const = default;
};

void dnnl_matmul_f32(const MatmulShape& shape, const float* a, const float* b, float* c);
// Operands are bfloat16. Requires dnnl_has_bf16().
void dnnl_matmul_bf16(const MatmulShape& shape, const std::uint16_t* a, const std::uint16_t* b, float* c);
// Whether this processor multiplies bfloat16 faster than f32.
bool dnnl_has_bf16();
// Requires !shape.accumulate.
void dnnl_matmul_u8s8s32(const MatmulShape& shape, const std::uint8_t* a, const std::int8_t* b, std::int32_t* c);

// "oneDNN 2.6.3"
std::string dnnl_release();
// Release and instruction set that decide the bytes of results, for instance "oneDNN 2.6.3 isa 0x3f"; " bf16" follows
// where dnnl_has_bf16().
std::string dnnl_signature();
// From now on instruction sets up to that of `signature`, which may end in anything. Before any other call of this
// process; without effect later, for another version, or where the processor has less.
void adopt_dnnl(const std::string& signature);

}  // namespace millrace::nn
