// Golden bytes of what the family `ratings` stores: a change here is a change of a stored format and needs a new
// version byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/families/ratings.h"
#include "model/ratings/rating_log.h"
#include "model/ratings/rating_stack.h"
#include "tests/golden.h"
#include "tests/model/family_testing.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

const std::string kZero = "00000000";

// Four models, each all 0 but for its first factor and its bias; the second one's sums of squares are 0.25 and 0.5.
std::string factor_row(std::span<const std::string_view, 4> first, std::span<const std::string_view, 4> bias) {
  const auto model = [&](std::size_t m, std::size_t size) {
    return std::string(first[m]) + times(size - 1, kZero) + std::string(bias[m]);
  };
  return model(0, 5) + model(1, 32) + times(32, "0000803e") + "0000003f" + model(2, 10) + model(3, 32);
}

TEST(GoldenRatingRows, OfFactors) {
  constexpr std::array<std::string_view, 4> kUserFactors{"0000803f", "00000040", "00004040", "00008040"};
  constexpr std::array<std::string_view, 4> kUserBiases{"00000040", "00004040", "00008040", "0000a040"};
  constexpr std::array<std::string_view, 4> kItemFactors{"0000803f", "0000803f", "0000803f", "0000803f"};
  constexpr std::array<std::string_view, 4> kItemBiases{"0000003f", "0000003f", "0000003f", "0000003f"};
  const std::string user = "01 ac02 00" + factor_row(kUserFactors, kUserBiases);
  const std::string item = "01 ad02 00" + factor_row(kItemFactors, kItemBiases);
  RatingFactors factors(10, 10, 1);
  ASSERT_TRUE(factors.load_user(key_u64(9), unhex(user)).ok());
  ASSERT_TRUE(factors.load_item(key_u64(3), unhex(item)).ok());
  ASSERT_TRUE(factors.loaded().ok());
  const auto prediction = factors.predict(UserIndex{9}, ItemIndex{3}, 3.0F);
  EXPECT_EQ(prediction.biases, 3.0F + 2.0F + 0.5F);
  EXPECT_THAT(prediction.levels, ElementsAre(6.5F, 8.5F, 10.5F, 12.5F));
  HexRows rows;
  factors.save("uf", "if", hex_sink(rows), true);
  EXPECT_THAT(rows, ElementsAre(Pair("if/0000000000000003", packed(item)), Pair("uf/0000000000000009", packed(user))));
}

TEST(GoldenRatingRows, OfUsers) {
  ProfileTable<UserProfile> table(10);
  table.touch(1, 299);
  UserProfile& user = table.touch(9, 300);
  user.count = 300;
  user.popularity = 1.5;
  user.first = Millis{1000};
  user.last = Millis{2000};
  user.burst = 0.5F;
  user.burst_count = 2;
  user.decays = {1.0F, 2.0F, 3.0F, 4.0F};
  user.categories.add(CategorySet{1} << 5 | CategorySet{1} << 63, 0.25F);
  user.categories.add(CategorySet{1} << 5, 0.25F);
  user.history = {{ItemIndex{3}, 0.5F, -1.0F}, {ItemIndex{300}, 1.0F, 2.0F}};
  HexRows rows;
  table.save("up", hex_sink(rows), true);
  EXPECT_EQ(rows["up/0000000000000009"],
            packed("01 ac02 01"                                   // framed
                   "ac02 000000000000f83f d00f a01f 0000003f 02"  // ratings, popularity, times, the last second
                   "0000803f 00000040 00004040 00008040"          // averages
                   "2000000000000080 0000003f 00000040 0000803e 0000803f"  // categories
                   "02 03 0000003f 000080bf ac02 0000803f 00000040"));     // ratings kept
}

TEST(GoldenRatingRows, OfItems) {
  ProfileTable<ItemProfile> table(10);
  ItemProfile& item = table.touch(3, 300);
  item.count = 2;
  item.sum = 8.0;
  item.first = Millis{1000};
  item.decays = {1.0F, 2.0F};
  HexRows rows;
  table.save("ip", hex_sink(rows), true);
  EXPECT_THAT(
      rows, ElementsAre(Pair("ip/0000000000000003", packed("01 ac02 00 02 0000000000002040 d00f 0000803f 00000040"))));
}

TEST(GoldenRatingRows, OfTheLog) {
  RatingLog log(2);
  for (const std::uint64_t user : {7U, 300U, 9U}) log.append({UserIndex{user}, ItemIndex{300}, 2.5F});
  HexRows rows;
  log.save("l", hex_sink(rows), true);
  EXPECT_THAT(rows, ElementsAre(Pair("l/00000000", packed("01 09 ac02 00002040")),
                                Pair("l/00000001", packed("01 ac02 ac02 00002040"))));
}

TEST(GoldenRatingRows, OfTheScale) {
  RatingScale scale;
  scale.observe(2.0F);
  scale.observe(4.0F);
  EXPECT_EQ(encoded(scale), packed("02 0000000000001840 00000040 00008040"));
}

// The first rating is in the middle, as predicted: no residual.
TEST(GoldenRatingRows, OfTheFamily) {
  ItemTable items = item_table(10);
  ItemFacts drama;
  drama.tokens = {64U + 5U, 7U};
  drama.categories = 1;
  items.set(ItemIndex{3}, drama);
  RatingsFamily ratings({}, 1, items);
  Example example;
  example.signal = Signal::kRating;
  example.context.user = UserIndex{9};
  example.item = ItemIndex{3};
  example.value = 2.0F;
  ratings.observe(example);
  HexRows rows;
  ratings.save(hex_sink(rows), false);
  EXPECT_EQ(rows["c/"], packed("01 01 0000000000000040 00000040 00000040 2000000000000000 00000000 0000803f"));
  std::string tables;
  for (const auto& [at, value] : rows) tables += at + " ";
  EXPECT_EQ(tables,
            "c/ if/0000000000000003 ip/0000000000000003 l/00000000 n/ r/ uf/0000000000000009 up/0000000000000009 "
            "x/00000000 ");
}

TEST(GoldenRatingRows, OfARidge) {
  ForgettingRidge ridge(2);
  ridge.learn(std::vector<float>{2.0F, 3.0F}, 5.0F);
  EXPECT_EQ(encoded(ridge),
            packed("01"
                   "0000000000001040 0000000000001840 0000000000000040"    // 2·2, 2·3, 2·1
                   "0000000000002240 0000000000000840 000000000000f03f"    // 3·3, 3·1, 1·1
                   "0000000000002440 0000000000002e40 0000000000001440" +  // 2·5, 3·5, 1·5
                   times(3, "0000000000000000")));
  ASSERT_TRUE(
      decoded("01" + times(9, "0000000000000000") + "000000000000f03f 0000000000000040 0000000000001040", ridge));
  EXPECT_EQ(ridge.predict(std::vector<float>{3.0F, 5.0F}), 1.0F * 3.0F + 2.0F * 5.0F + 4.0F);
}

// Whatever is not 0 is four deviations from a mean that nothing has moved yet.
TEST(GoldenRatingRows, OfTheStack) {
  RatingOpinion opinion;
  opinion.factors.levels.fill(3.0F);
  for (std::size_t i = 0; i < kRatingFeatures; ++i) opinion.features[i] = i == 1 ? -2.0F : 1.0F;
  RatingStack stack(1);
  stack.learn(opinion, 4.0F, 0);
  HexRows rows;
  stack.save(hex_sink(rows), false);
  const std::string one = "000000000000f03f";
  const std::string four = "0000000000001040";
  const std::string sixteen = "0000000000003040";
  const std::string scale = "01" + one + "00000000000000c0" + times(23, one) + one + four + times(23, one);
  std::string moments = sixteen + "00000000000030c0" + times(23, sixteen) + four;
  moments += sixteen + times(23, "00000000000030c0") + "00000000000010c0";
  for (std::size_t left = 23; left > 0; --left) moments += times(left, sixteen) + four;
  moments += one;
  const std::string products = four + "00000000000010c0" + times(23, four) + one;
  EXPECT_EQ(rows["r/"], packed("01" + scale + "01" + times(2, "0000000000000000") + "01" + moments + products +
                               times(26, "0000000000000000")));
  EXPECT_EQ(rows["x/00000000"], packed("01 00008040 000080c0" + times(23, "00008040") + kZero + "00004040 00008040"));
}

// `size` zeros, but for a few.
std::string sparse(std::size_t size, const std::map<std::size_t, std::string>& values) {
  std::string all;
  for (std::size_t i = 0; i < size; ++i) all += values.contains(i) ? values.at(i) : kZero;
  return all;
}

TEST(GoldenRatingRows, OfTheNetwork) {
  constexpr std::size_t kHiddenBiases = 26 * 32;
  constexpr std::size_t kOutputWeights = kHiddenBiases + 32;
  constexpr std::size_t kLinearWeights = kOutputWeights + 32 * 8;
  constexpr std::size_t kOutputBiases = kLinearWeights + 26 * 8;
  const std::string parameters = sparse(1344, {{2 * 32 + 3, "0000803f"},                  // input 2 to unit 3: 1
                                               {9 * 32 + 7, "000020c1"},                  // input 9 to unit 7: −10
                                               {kHiddenBiases + 7, "00002041"},           // unit 7: 10
                                               {kOutputWeights + 3 * 8, "0000c842"},      // unit 3 to level 1: 100
                                               {kOutputWeights + 7 * 8 + 3, "0000a040"},  // unit 7 to level 4: 5
                                               {kLinearWeights + 5 * 8 + 1, "00004843"},  // input 5 to level 2: 200
                                               {kOutputBiases + 4, "00002042"}});         // level 5: 40
  const std::string row = "01 00 ac02" + parameters + times(1344, "0000003f") + times(1344, "0000803e");
  LevelNet net(1, 16);
  ASSERT_TRUE(net.load("n", "", unhex(row)).ok());
  ASSERT_TRUE(net.loaded().ok());
  LevelNet::Inputs inputs{};
  EXPECT_NEAR(net.predict(inputs, 3.0F), 4.0F, 1e-2F);
  inputs[9] = 1.0F;
  EXPECT_NEAR(net.predict(inputs, 3.0F), 5.0F, 1e-2F);
  inputs[2] = 10.0F;
  EXPECT_NEAR(net.predict(inputs, 3.0F), 1.0F, 1e-2F);
  inputs = {};
  inputs[5] = 1.0F;
  EXPECT_NEAR(net.predict(inputs, 3.0F), 2.0F, 1e-2F);
  HexRows rows;
  net.save(hex_sink(rows), true);
  EXPECT_THAT(rows, ElementsAre(Pair("n/", packed(row))));
}

// Moments so large that the sixteenth rating's gradient does not show: they tell which is which.
TEST(GoldenRatingRows, OfTheNetworkHoldTheMomentsInTheirOrder) {
  LevelNet net(1, 16);
  for (std::uint32_t slot = 0; slot < 15; ++slot) {
    ASSERT_TRUE(net.load("x", key_u32(slot), unhex("01" + times(28, kZero))).ok());
  }
  const std::string moments = times(1344, "00401c46") + times(1344, "20bcbe4c");  // 10,000 and 100,000,000
  ASSERT_TRUE(net.load("n", "", unhex("01 0f 07" + times(1344, kZero) + moments)).ok());
  net.learn({}, 3.0F, 3.0F, 0);
  HexRows rows;
  net.save(hex_sink(rows), false);
  const std::string row = unhex(rows["n/"]);
  ByteReader in(row);
  EXPECT_EQ(hex(in.raw(3)), packed("01 10 08"));
  in.raw(4 * 1344);
  EXPECT_NEAR(in.f32(), 0.9F * 1e4F, 1.0F);
  in.raw(4 * 1343);
  EXPECT_NEAR(in.f32(), 0.999F * 1e8F, 100.0F);
}

}  // namespace
}  // namespace millrace::testing
