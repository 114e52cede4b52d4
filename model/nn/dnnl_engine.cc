#include "model/nn/dnnl_engine.h"

#include <dnnl.h>

#include <cstdio>
#include <cstdlib>
#include <dnnl.hpp>
#include <exception>
#include <map>
#include <tuple>

#include "core/check.h"

// Declared here because omp.h is the compiler's, not the runtime's that oneDNN uses.
extern "C" void omp_set_num_threads(int);

namespace millrace::nn {
namespace {

using dnnl::memory;
using Dims = memory::dims;

// Shapes are padded by the callers, so there are few; this bounds them against a caller that forgets.
constexpr std::size_t kMaxPrimitives = 4096;

memory::dim to_dim(std::size_t size) { return static_cast<memory::dim>(size); }

memory::desc operand(std::size_t rows, std::size_t columns, bool transposed, memory::data_type type) {
  const Dims strides = transposed ? Dims{1, to_dim(rows)} : Dims{to_dim(columns), 1};
  return {Dims{to_dim(rows), to_dim(columns)}, type, strides};
}

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c, bool accumulate) {
  dnnl::primitive_attr attributes;
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::matmul::primitive_desc(engine, a, b, c, attributes);
#else
  return dnnl::matmul::primitive_desc(dnnl::matmul::desc(a, b, c), attributes, engine);
#endif
}

// A primitive with the three memory objects that it is executed with; only their addresses change from call to call.
class Matmul {
 public:
  Matmul(const dnnl::engine& engine, const MatmulShape& shape, memory::data_type a_type, memory::data_type b_type,
         memory::data_type c_type)
      : a_(operand(shape.m, shape.k, shape.transpose_a, a_type), engine, nullptr),
        b_(operand(shape.k, shape.n, shape.transpose_b, b_type), engine, nullptr),
        c_(operand(shape.m, shape.n, false, c_type), engine, nullptr),
        primitive_(describe(engine, a_.get_desc(), b_.get_desc(), c_.get_desc(), shape.accumulate)),
        arguments_{{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}} {}

  void run(const dnnl::stream& stream, const void* a, const void* b, void* c) {
    a_.set_data_handle(const_cast<void*>(a));
    b_.set_data_handle(const_cast<void*>(b));
    c_.set_data_handle(c);
    primitive_.execute(stream, arguments_);
  }

 private:
  memory a_, b_, c_;
  dnnl::matmul primitive_;
  std::unordered_map<int, memory> arguments_;
};

using Key = std::tuple<std::size_t, std::size_t, std::size_t, unsigned>;

class ThreadEngine {
 public:
  ThreadEngine() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) { omp_set_num_threads(1); }

  void run_f32(const MatmulShape& shape, const float* a, const float* b, float* c) {
    find(shape, memory::data_type::f32, memory::data_type::f32, memory::data_type::f32, 0).run(stream_, a, b, c);
  }
  void run_bf16(const MatmulShape& shape, const std::uint16_t* a, const std::uint16_t* b, float* c) {
    find(shape, memory::data_type::bf16, memory::data_type::bf16, memory::data_type::f32, 16).run(stream_, a, b, c);
  }
  void run_u8s8s32(const MatmulShape& shape, const std::uint8_t* a, const std::int8_t* b, std::int32_t* c) {
    find(shape, memory::data_type::u8, memory::data_type::s8, memory::data_type::s32, 8).run(stream_, a, b, c);
  }

 private:
  Matmul& find(const MatmulShape& shape, memory::data_type a, memory::data_type b, memory::data_type c,
               unsigned flags) {
    flags |= (shape.transpose_a ? 1U : 0U) | (shape.transpose_b ? 2U : 0U) | (shape.accumulate ? 4U : 0U);
    const Key key{shape.m, shape.n, shape.k, flags};
    if (const auto found = matmuls_.find(key); found != matmuls_.end()) return found->second;
    if (matmuls_.size() >= kMaxPrimitives) matmuls_.clear();
    return matmuls_.try_emplace(key, engine_, shape, a, b, c).first->second;
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::map<Key, Matmul> matmuls_;
};

ThreadEngine& thread_engine() {
  thread_local ThreadEngine engine;
  return engine;
}

// oneDNN throws for shapes and types that it does not know and when memory is out: neither is an answer to any input.
template <class Call>
void call_dnnl(Call call) {
  try {
    call(thread_engine());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "oneDNN refused a matrix product: %s\n", error.what());
    MILLRACE_CHECK(false && "oneDNN refused a matrix product");
  }
}

}  // namespace

void dnnl_matmul_f32(const MatmulShape& shape, const float* a, const float* b, float* c) {
  call_dnnl([&](ThreadEngine& engine) { engine.run_f32(shape, a, b, c); });
}

void dnnl_matmul_bf16(const MatmulShape& shape, const std::uint16_t* a, const std::uint16_t* b, float* c) {
  call_dnnl([&](ThreadEngine& engine) { engine.run_bf16(shape, a, b, c); });
}

// Intel's processors without AMX multiply bfloat16 at half the speed of f32, AMD's at twice.
bool dnnl_has_bf16() {
  const auto isa = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
  const auto has = [isa](dnnl_cpu_isa_t needed) {
    return (isa & static_cast<unsigned>(needed)) == static_cast<unsigned>(needed);
  };
#if defined(__x86_64__)
  return has(dnnl_cpu_isa_avx512_core_amx) || (has(dnnl_cpu_isa_avx512_core_bf16) && __builtin_cpu_is("amd") != 0);
#else
  return false;
#endif
}

void dnnl_matmul_u8s8s32(const MatmulShape& shape, const std::uint8_t* a, const std::int8_t* b, std::int32_t* c) {
  MILLRACE_CHECK(!shape.accumulate);
  call_dnnl([&](ThreadEngine& engine) { engine.run_u8s8s32(shape, a, b, c); });
}

std::string dnnl_release() {
  const dnnl_version_t* version = dnnl_version();
  char text[64];
  std::snprintf(text, sizeof text, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
  return text;
}

std::string dnnl_signature() {
  char text[32];
  std::snprintf(text, sizeof text, " isa 0x%x", static_cast<unsigned>(dnnl_get_effective_cpu_isa()));
  return dnnl_release() + text + (dnnl_has_bf16() ? " bf16" : "");
}

void adopt_dnnl(const std::string& signature) {
  const std::string prefix = dnnl_release() + " isa 0x";
  if (!signature.starts_with(prefix)) return;
  const auto isa = std::strtoul(signature.c_str() + prefix.size(), nullptr, 16);
  dnnl_set_max_cpu_isa(static_cast<dnnl_cpu_isa_t>(isa));
}

}  // namespace millrace::nn
