#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <tuple>

#include "model/nn/arena.h"
#include "model/nn/dnnl_engine.h"
#include "model/nn/matmul.h"
#include "model/nn/vector_ops.h"
#include "tests/model/nn_gradient.h"

namespace millrace::nn {
namespace {

class Gemm : public testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(Gemm, AgreesWithPlainLoops) {
  const bool ta = std::get<0>(GetParam());
  const bool tb = std::get<1>(GetParam());
  constexpr std::size_t kM = 19, kN = 33, kK = 21;
  Buffer a = random_buffer(ta ? kK : kM, ta ? kM : kK, 1);
  Buffer b = random_buffer(tb ? kN : kK, tb ? kK : kN, 2);
  Buffer c = random_buffer(kM, kN, 3);
  Buffer added = c;
  gemm_f32(Transposed{ta}, Transposed{tb}, kM, kN, kK, a.values.data(), b.values.data(), c.values.data());
  gemm_f32(Transposed{ta}, Transposed{tb}, kM, kN, kK, a.values.data(), b.values.data(), added.values.data(),
           Into::kAdd);
  const Buffer before = random_buffer(kM, kN, 3);
  for (std::size_t i = 0; i < kM; ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < kK; ++k) {
        sum += static_cast<double>(ta ? a.at(k, i) : a.at(i, k)) * (tb ? b.at(j, k) : b.at(k, j));
      }
      EXPECT_NEAR(c.at(i, j), sum, 1e-4);
      EXPECT_NEAR(added.at(i, j), sum + before.values[i * kN + j], 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Transposes, Gemm, testing::Combine(testing::Bool(), testing::Bool()));

TEST(Gemm8, IsExact) {
  constexpr std::size_t kM = 17, kN = 40, kK = 64;
  Random random(4);
  std::vector<std::uint8_t> a(kM * kK);
  std::vector<std::int8_t> b(kN * kK);
  for (auto& value : a) value = static_cast<std::uint8_t>(random.below(128));
  for (auto& value : b) value = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
  std::vector<std::int32_t> c(kM * kN);
  gemm_u8s8s32(Transposed::kNo, Transposed::kYes, kM, kN, kK, a.data(), b.data(), c.data());
  for (std::size_t i = 0; i < kM; ++i) {
    for (std::size_t j = 0; j < kN; ++j) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < kK; ++k) sum += a[i * kK + k] * b[j * kK + k];
      EXPECT_EQ(c[i * kN + j], sum);
    }
  }
}

TEST(Gemm8, AnEmptyInnerDimensionGivesZero) {
  std::vector<float> c(4, 7.0F);
  gemm_f32(Transposed::kNo, Transposed::kNo, 2, 2, 0, nullptr, nullptr, c.data());
  EXPECT_EQ(c, std::vector<float>(4, 0.0F));
}

TEST(Gemm8, TheSignatureNamesLibraryAndVectors) {
  EXPECT_NE(engine_signature().find("oneDNN"), std::string::npos);
  EXPECT_NE(engine_signature().find("vectors"), std::string::npos);
}

// In a process of its own: what computes is chosen once.
TEST(Engine, ComputesAsAnOlderProcessorDidWhereToldBeforeAnythingElse) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string older = dnnl_release() + " isa 0x1, vectors SSE4";
  const auto adopt = [&] {
    adopt_engine(older);
    std::fprintf(stderr, "%s", engine_signature().c_str());
    std::exit(engine_signature() == older ? 0 : 1);
  };
  EXPECT_EXIT(adopt(), testing::ExitedWithCode(0), "vectors SSE4");
}

TEST(Arena, BecomesOneBlockThatIsReused) {
  Arena arena;
  arena.floats(400'000);
  arena.floats(400'000);
  arena.reset();
  const std::size_t capacity = arena.capacity_bytes();
  const float* first = arena.floats(400'000).data();
  arena.floats(400'000);
  EXPECT_EQ(arena.capacity_bytes(), capacity);
  arena.reset();
  EXPECT_EQ(arena.floats(400'000).data(), first);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 64, 0U);
}

TEST(Arena, ZerosAreZeroEvenInUsedMemory) {
  Arena arena;
  for (float& value : arena.floats(100)) value = 1.0F;
  arena.reset();
  const Matrix zeros = arena.zeros(10, 10);
  for (std::size_t i = 0; i < zeros.size(); ++i) EXPECT_EQ(zeros.data[i], 0.0F);
}

}  // namespace
}  // namespace millrace::nn
