#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "model/nn/bfloat16.h"

namespace millrace::nn {
namespace {

float value_of(Bfloat16 half) { return std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16); }

std::vector<Bfloat16> rounded(const std::vector<float>& values) {
  std::vector<Bfloat16> halves(values.size());
  round_to_bf16(values.data(), halves.data(), values.size());
  return halves;
}

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

TEST(Bfloat16Rounding, IsToTheNearestTiesToEven) {
  std::vector<float> values(16, 0.0F);
  values[1] = -1.0F;
  values[2] = 1.0F + 0x1p-8F;         // halfway between 1 and 1 + 2^-7
  values[3] = 1.0F + 3.0F * 0x1p-8F;  // halfway, the even one is above
  values[4] = 1.0F + 0x1.02p-8F;      // just above halfway
  values[5] = 3e38F;
  const auto halves = rounded(values);
  EXPECT_EQ(value_of(halves[1]), -1.0F);
  EXPECT_EQ(value_of(halves[2]), 1.0F);
  EXPECT_EQ(value_of(halves[3]), 1.0F + 0x1p-6F);
  EXPECT_EQ(value_of(halves[4]), 1.0F + 0x1p-7F);
  EXPECT_NEAR(value_of(halves[5]), 3e38F, 3e38F * 0x1p-8F);
}

TEST(Bfloat16Rounding, IsWithinHalfAUnitOfTheMantissa) {
  const auto values = random_values(16 * 100, 1);
  const auto halves = rounded(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(value_of(halves[i]) - values[i]), std::abs(values[i]) * 0x1p-8F);
  }
}

TEST(Bfloat16Products, AreThoseOfTheRoundedValues) {
  if (!has_bf16()) GTEST_SKIP() << "this processor has none";
  constexpr std::size_t kRows = 16, kColumns = 32, kDepth = 48;
  const auto a = rounded(random_values(kRows * kDepth, 1));
  const auto b = rounded(random_values(kColumns * kDepth, 2));
  std::vector<float> c(kRows * kColumns, 1.0F);
  gemm_bf16(Transposed::kNo, Transposed::kYes, kRows, kColumns, kDepth, a.data(), b.data(), c.data(), Into::kAdd);
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      double sum = 1.0;
      for (std::size_t k = 0; k < kDepth; ++k) {
        sum += static_cast<double>(value_of(a[i * kDepth + k])) * static_cast<double>(value_of(b[j * kDepth + k]));
      }
      EXPECT_NEAR(c[i * kColumns + j], sum, 1e-4);
    }
  }
}

}  // namespace
}  // namespace millrace::nn
