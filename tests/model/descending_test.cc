#include "model/descending.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "core/random.h"

namespace millrace {
namespace {

TEST(Descending, IsTheStableOrderOfTheValues) {
  Random random(1);
  for (const std::size_t size : {0U, 1U, 2U, 17U, 300U}) {
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(random.below(40)) - 20.0F;
    std::vector<std::uint32_t> expected(size);
    std::iota(expected.begin(), expected.end(), 0U);
    std::stable_sort(expected.begin(), expected.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
    EXPECT_EQ(descending(values), expected);
  }
}

TEST(Descending, ZeroesOfBothSignsAreEqualAndExtremesStandAtTheEnds) {
  const float largest = std::numeric_limits<float>::max();
  const float least = std::numeric_limits<float>::denorm_min();
  const std::vector<float> values{-0.0F, 0.0F, -least, least, -largest, largest};
  EXPECT_EQ(descending(values), (std::vector<std::uint32_t>{5, 3, 0, 1, 2, 4}));
}

}  // namespace
}  // namespace millrace
