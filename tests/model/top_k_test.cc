// The scan must answer as brute force does, bit for bit: every test compares with sorting all exact_dot scores.
#include "model/top_k.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "core/random.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Slots = std::vector<std::uint32_t>;

std::vector<float> normal_vector(Random& random, std::size_t dimension, float length = 1.0F) {
  std::vector<float> vector(dimension);
  for (float& value : vector) value = length * static_cast<float>(random.normal());
  return vector;
}

// The index under test and a plain copy of what it was told.
class Twin {
 public:
  Twin(std::size_t dimension, ScanKernel kernel) : index(dimension, kernel) {}

  void set(std::uint32_t slot, const std::vector<float>& row) {
    index.set_row(slot, row);
    grow(slot);
    rows_[slot] = row;
  }
  void clear(std::uint32_t slot) {
    index.clear_row(slot);
    grow(slot);
    rows_[slot].reset();
  }
  void set_available(std::uint32_t slot, bool available) {
    index.set_available(slot, available);
    grow(slot);
    available_[slot] = available;
  }
  const std::vector<float>& row(std::uint32_t slot) const { return *rows_[slot]; }

  std::vector<ScoredSlot> brute_force(const float* query, std::size_t k, const Slots& exclude) const {
    std::vector<ScoredSlot> all;
    for (std::uint32_t slot = 0; slot < rows_.size(); ++slot) {
      const bool excluded = std::binary_search(exclude.begin(), exclude.end(), slot);
      if (!rows_[slot] || !available_[slot] || excluded) continue;
      all.push_back({slot, exact_dot(query, rows_[slot]->data(), index.dimension())});
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
    all.resize(std::min(all.size(), k));
    return all;
  }

  void expect_equal(const std::vector<float>& queries, std::size_t k, const std::vector<Slots>& exclude = {}) {
    const std::vector<std::span<const std::uint32_t>> views(exclude.begin(), exclude.end());
    const auto answers = index.search(queries, k, views);
    ASSERT_EQ(answers.size(), queries.size() / index.dimension());
    for (std::size_t q = 0; q < answers.size(); ++q) {
      const auto expected =
          brute_force(queries.data() + q * index.dimension(), k, exclude.empty() ? Slots{} : exclude[q]);
      ASSERT_EQ(answers[q].size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(answers[q][i].slot, expected[i].slot) << "query " << q << " place " << i;
        ASSERT_EQ(answers[q][i].score, expected[i].score) << "query " << q << " place " << i;
      }
    }
  }

  TopKIndex index;

 private:
  void grow(std::uint32_t slot) {
    if (slot < rows_.size()) return;
    rows_.resize(slot + 1);
    available_.resize(slot + 1, true);
  }
  std::vector<std::optional<std::vector<float>>> rows_;
  std::vector<bool> available_;
};

class TopKTest : public ::testing::TestWithParam<ScanKernel> {
 protected:
  void SetUp() override {
    if (!scan_kernel_supported(GetParam())) GTEST_SKIP() << "this processor has no VNNI";
  }
  std::vector<float> queries(std::size_t count, std::size_t dimension) {
    return normal_vector(random_, count * dimension);
  }
  void fill(Twin& twin, std::uint32_t count) {
    for (std::uint32_t slot = 0; slot < count; ++slot) twin.set(slot, normal_vector(random_, twin.index.dimension()));
  }
  // Unit vectors around a few centres: neighbours lie close together, as items of one taste do.
  std::vector<float> clustered_vector(const std::vector<std::vector<float>>& centres) {
    std::vector<float> vector = centres[random_.below(centres.size())];
    double squares = 0.0;
    for (float& value : vector) {
      value += 0.3F * static_cast<float>(random_.normal());
      squares += static_cast<double>(value) * value;
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return vector;
  }

  Random random_{5};
};

TEST_P(TopKTest, EqualsBruteForceForManySizes) {
  for (const std::size_t dimension : {16U, 48U, 64U, 128U}) {
    for (const std::uint32_t count : {1U, 7U, 255U, 256U, 257U, 2048U, 5000U}) {
      Twin twin(dimension, GetParam());
      fill(twin, count);
      for (const std::size_t k : {1U, 20U, 300U}) twin.expect_equal(queries(5, dimension), k);
    }
  }
}

TEST_P(TopKTest, EqualsBruteForceForBatchesOfEverySize) {
  Twin twin(32, GetParam());
  fill(twin, 3000);
  for (const std::size_t batch : {1U, 15U, 16U, 17U, 63U, 64U, 65U, 130U}) twin.expect_equal(queries(batch, 32), 10);
}

TEST_P(TopKTest, EqualsBruteForceOnClusteredData) {
  std::vector<std::vector<float>> centres;
  centres.reserve(10);
  for (int i = 0; i < 10; ++i) centres.push_back(normal_vector(random_, 64));
  Twin twin(64, GetParam());
  for (std::uint32_t slot = 0; slot < 10'000; ++slot) twin.set(slot, clustered_vector(centres));
  std::vector<float> batch;
  for (int i = 0; i < 40; ++i) {
    const auto query = clustered_vector(centres);
    batch.insert(batch.end(), query.begin(), query.end());
  }
  twin.expect_equal(batch, 100);
}

TEST_P(TopKTest, EqualsBruteForceWhereLengthsDifferByThousands) {
  Twin twin(64, GetParam());
  for (std::uint32_t slot = 0; slot < 3000; ++slot) {
    twin.set(slot, normal_vector(random_, 64, std::pow(10.0F, static_cast<float>(random_.below(4)))));
  }
  twin.expect_equal(queries(20, 64), 50);
}

TEST_P(TopKTest, EqualsBruteForceNearTheEndsOfTheRange) {
  for (const float length : {1e-25F, 1e-18F, 1e13F}) {
    Twin twin(16, GetParam());
    for (std::uint32_t slot = 0; slot < 500; ++slot) twin.set(slot, normal_vector(random_, 16, length));
    twin.expect_equal(queries(3, 16), 10);
    twin.expect_equal(normal_vector(random_, 48, length), 10);
  }
}

TEST_P(TopKTest, LeavesOutExcludedSlotsPerQuery) {
  Twin twin(32, GetParam());
  fill(twin, 5000);
  const auto batch = queries(30, 32);
  std::vector<Slots> exclude(30);
  for (std::size_t q = 0; q < exclude.size(); ++q) {
    // The best ones, so that leaving them out matters, some others, and slots beyond the table.
    for (const auto& best : twin.brute_force(batch.data() + q * 32, q, {})) exclude[q].push_back(best.slot);
    for (int i = 0; i < 20; ++i) exclude[q].push_back(static_cast<std::uint32_t>(random_.below(6000)));
    std::sort(exclude[q].begin(), exclude[q].end());
  }
  twin.expect_equal(batch, 25, exclude);
}

TEST_P(TopKTest, LeavesOutUnavailableAndClearedSlots) {
  Twin twin(32, GetParam());
  fill(twin, 3000);
  for (std::uint32_t slot = 0; slot < 3000; ++slot) {
    if (random_.below(3) == 0) twin.set_available(slot, false);
    if (random_.below(3) == 0) twin.clear(slot);
  }
  twin.expect_equal(queries(10, 32), 50);
  for (std::uint32_t slot = 0; slot < 3000; slot += 2) twin.set_available(slot, true);
  twin.expect_equal(queries(10, 32), 50);
}

TEST_P(TopKTest, ARowSetWhileUnavailableAppearsOnceAvailable) {
  Twin twin(16, GetParam());
  twin.set_available(3, false);
  twin.set(3, std::vector<float>(16, 1.0F));
  const std::vector<float> query(16, 1.0F);
  EXPECT_THAT(twin.index.search(query, 5), ElementsAre(IsEmpty()));
  twin.set_available(3, true);
  EXPECT_THAT(twin.index.search(query, 5), ElementsAre(ElementsAre(ScoredSlot{3, 16.0F})));
}

TEST_P(TopKTest, FollowsUpdatesThatGrowAndShrinkRows) {
  Twin twin(48, GetParam());
  fill(twin, 1000);
  float length = 1.0F;
  for (int round = 0; round < 12; ++round) {
    length *= round < 6 ? 3.0F : 0.1F;
    for (int i = 0; i < 200; ++i) {
      const auto slot = static_cast<std::uint32_t>(random_.below(1500));
      if (random_.below(10) == 0) {
        twin.clear(slot);
      } else {
        twin.set(slot, normal_vector(random_, 48, length));
      }
    }
    twin.expect_equal(queries(8, 48), 30);
  }
}

TEST_P(TopKTest, TiesGoToTheLowerSlot) {
  Twin twin(32, GetParam());
  const auto row = normal_vector(random_, 32);
  for (std::uint32_t slot = 0; slot < 5000; ++slot) twin.set(slot, slot % 3 == 0 ? row : normal_vector(random_, 32));
  auto batch = queries(4, 32);
  std::copy(row.begin(), row.end(), batch.begin());
  twin.expect_equal(batch, 100);
  EXPECT_EQ(twin.index.search(row, 3).front()[2].slot, 6U);
}

TEST_P(TopKTest, AZeroQueryTakesTheLowestSlots) {
  Twin twin(32, GetParam());
  fill(twin, 3000);
  twin.clear(1);
  twin.expect_equal(std::vector<float>(32, 0.0F), 10);
}

TEST_P(TopKTest, MoreThanThereIsGivesAllThereIs) {
  Twin twin(16, GetParam());
  fill(twin, 300);
  twin.expect_equal(queries(2, 16), 1000);
  EXPECT_EQ(twin.index.search(queries(1, 16), 1000).front().size(), 300U);
}

TEST_P(TopKTest, NothingIsFoundInAnEmptyTableOrForNoPlaces) {
  TopKIndex index(16, GetParam());
  EXPECT_THAT(index.search(queries(2, 16), 5), ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_THAT(index.search({}, 5), IsEmpty());
  index.clear_row(9);
  EXPECT_THAT(index.search(queries(1, 16), 5), ElementsAre(IsEmpty()));
  index.set_row(0, std::vector<float>(16, 1.0F));
  EXPECT_THAT(index.search(queries(1, 16), 0), ElementsAre(IsEmpty()));
}

TEST_P(TopKTest, DivergedRowsAndQueriesAreLeftOut) {
  Twin twin(16, GetParam());
  fill(twin, 300);
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e30F}) {
    auto row = normal_vector(random_, 16);
    row[5] = odd;
    twin.index.set_row(7, row);
    twin.clear(7);
    auto batch = queries(3, 16);
    batch[20] = odd;
    const auto answers = twin.index.search(batch, 10);
    EXPECT_EQ(answers[0], twin.brute_force(batch.data(), 10, {}));
    EXPECT_THAT(answers[1], IsEmpty());
    EXPECT_EQ(answers[2], twin.brute_force(batch.data() + 32, 10, {}));
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, TopKTest, ::testing::Values(ScanKernel::kFloat32, ScanKernel::kInt8),
                         [](const auto& param) { return std::string(scan_kernel_name(param.param)); });

TEST(ExactDot, SumsInTheDocumentedOrder) {
  Random random(6);
  for (const std::size_t dimension : {16U, 32U, 128U, 320U}) {
    const auto x = normal_vector(random, dimension);
    const auto y = normal_vector(random, dimension);
    std::array<float, 16> sums{};
    for (std::size_t j = 0; j < dimension; ++j) sums[j % 16] += x[j] * y[j];
    for (std::size_t half = 8; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
    }
    EXPECT_EQ(exact_dot(x.data(), y.data(), dimension), sums[0]);
  }
}

TEST(ScanKernels, TheChosenOneIsSupported) { EXPECT_TRUE(scan_kernel_supported(choose_scan_kernel())); }

}  // namespace
}  // namespace millrace
