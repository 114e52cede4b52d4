#include "model/ratings/rating_factors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/family_testing.h"

namespace millrace {
namespace {

struct Model {
  std::size_t dimension;
  double rate, bias_rate, regularisation, bias_regularisation;
  bool adagrad, replayed;
};

const std::vector<Model> kModels{{5, 0.088, 0.0459, 0.0527, 0.0525, false, true},
                                 {32, 0.0796, 0.3239, 0.0886, 0.0108, true, true},
                                 {10, 0.0269, 0.0981, 0.2651, 0.0155, false, false},
                                 {32, 0.0257, 0.0347, 0.0654, 0.0799, false, true}};

using Row = std::vector<double>;

void step(double* value, double* squares, double gradient, double rate) {
  if (squares == nullptr) {
    *value += rate * gradient;
  } else {
    *squares += gradient * gradient;
    *value += rate * gradient / std::sqrt(*squares);
  }
}

// One step of every model, in double precision and the plainest form.
void reference_step(Row& user, Row& item, double level, double mean, bool replay) {
  std::size_t at = 0;
  for (const Model& m : kModels) {
    double* p = user.data() + at;
    double* q = item.data() + at;
    const std::size_t n = m.dimension;
    at += (n + 1) * (m.adagrad ? 2 : 1);
    if (replay && !m.replayed) continue;
    double predicted = mean + p[n] + q[n];
    for (std::size_t k = 0; k < n; ++k) predicted += p[k] * q[k];
    const double error = level - predicted;
    for (std::size_t k = 0; k <= n; ++k) {
      const double rate = k == n ? m.bias_rate : m.rate;
      const double held = k == n ? m.bias_regularisation : m.regularisation;
      const double pk = p[k];
      const double qk = q[k];
      step(p + k, m.adagrad ? p + n + 1 + k : nullptr, error * (k == n ? 1.0 : qk) - held * pk, rate);
      step(q + k, m.adagrad ? q + n + 1 + k : nullptr, error * (k == n ? 1.0 : pk) - held * qk, rate);
    }
  }
}

Row row_of(RatingFactors& factors, const std::string& table, std::uint64_t key) {
  Row row;
  const RowSink sink = [&](std::string_view at, const std::string& row_key, const std::optional<std::string>& value) {
    if (at != table || row_key != key_u64(key)) return;
    ByteReader in(*value);
    in.u8();
    in.varint();
    in.varint();
    while (in.remaining() > 0) row.push_back(static_cast<double>(in.f32()));
  };
  factors.save("u", "i", sink, true);
  return row;
}

class RatingFactorsTest : public ::testing::Test {
 protected:
  void expect_rows(const Row& user, const Row& item) {
    EXPECT_THAT(row_of(factors_, "u", 1), ::testing::Pointwise(::testing::DoubleNear(1e-5), user));
    EXPECT_THAT(row_of(factors_, "i", 2), ::testing::Pointwise(::testing::DoubleNear(1e-5), item));
  }
  RatingFactors factors_{100, 100, 1};
};

TEST_F(RatingFactorsTest, StepsAgreeWithAPlainReference) {
  factors_.learn(UserIndex{1}, ItemIndex{2}, 4.0F, 3.0F, 1);
  Row user = row_of(factors_, "u", 1);
  Row item = row_of(factors_, "i", 2);
  ASSERT_EQ(user.size(), 6U + 66U + 11U + 33U);
  for (int n = 0; n < 20; ++n) {
    const bool replay = n % 3 == 2;
    const float level = static_cast<float>(1 + n * 7 % 5);
    if (replay) {
      factors_.replay(UserIndex{1}, ItemIndex{2}, level, 3.2F);
    } else {
      factors_.learn(UserIndex{1}, ItemIndex{2}, level, 3.2F, static_cast<std::uint64_t>(n) + 2);
    }
    reference_step(user, item, static_cast<double>(level), static_cast<double>(3.2F), replay);
  }
  expect_rows(user, item);
}

TEST_F(RatingFactorsTest, PredictTheProductOfWhatIsStored) {
  for (std::uint64_t n = 1; n <= 30; ++n) factors_.learn(UserIndex{1}, ItemIndex{2}, 4.0F, 3.0F, n);
  const Row user = row_of(factors_, "u", 1);
  const Row item = row_of(factors_, "i", 2);
  const auto prediction = factors_.predict(UserIndex{1}, ItemIndex{2}, 3.0F);
  std::size_t at = 0;
  for (std::size_t m = 0; m < kModels.size(); ++m) {
    const std::size_t n = kModels[m].dimension;
    double level = 3.0 + user[at + n] + item[at + n];
    if (m == 0) {
      EXPECT_NEAR(prediction.biases, level, 1e-5);
    }
    for (std::size_t k = 0; k < n; ++k) level += user[at + k] * item[at + k];
    EXPECT_NEAR(prediction.levels[m], level, 1e-5) << "model " << m;
    if (m == kTraitModel) {
      const auto traits = factors_.item_factors(ItemIndex{2});
      ASSERT_EQ(traits.size(), kTraitFactors);
      EXPECT_EQ(static_cast<double>(traits[3]), item[at + 3]);
    }
    at += (n + 1) * (kModels[m].adagrad ? 2 : 1);
  }
}

TEST_F(RatingFactorsTest, WhoIsUnknownCountsAsAverage) {
  factors_.learn(UserIndex{1}, ItemIndex{2}, 5.0F, 3.0F, 1);
  const auto strangers = factors_.predict(UserIndex{8}, ItemIndex{9}, 3.0F);
  EXPECT_EQ(strangers.mean(), 3.0F);
  EXPECT_GT(factors_.predict(UserIndex{8}, ItemIndex{2}, 3.0F).mean(), 3.0F);
  EXPECT_TRUE(factors_.item_factors(ItemIndex{9}).empty());
}

TEST_F(RatingFactorsTest, ReplaysOfWhatWasDroppedTeachNothing) {
  factors_.replay(UserIndex{1}, ItemIndex{2}, 5.0F, 3.0F);
  EXPECT_EQ(factors_.rows(), 0U);
}

}  // namespace
}  // namespace millrace
