// Golden bytes of the learner's own rows: a change here is a change of a stored format and needs a new version byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/bytes.h"
#include "core/hash.h"
#include "model/families/registry.h"
#include "model/model_rows.h"
#include "model/ranker/ranker.h"
#include "model/serve/contest.h"
#include "model/serve/good_rows.h"
#include "model/serve/guard.h"
#include "model/serve/watch.h"
#include "store/memory_store.h"
#include "tests/golden.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(GoldenLearnerRows, KeysAreOwnerTableAndKey) {
  EXPECT_EQ(model_row_key("learner", "", "state"), std::string("learner\0\0state", 14));
  EXPECT_EQ(model_row_key("memory", "s", "key"), std::string("memory\0s\0key", 12));
}

TEST(GoldenLearnerRows, OfTheState) {
  EXPECT_EQ(hex(encode_learner_state({300, 1000, 7, std::nullopt})), packed("02 ac02 e807 07 00"));
  EXPECT_EQ(hex(encode_learner_state({300, 1000, 7, LearnerState::Pending{1001, 4}})),
            packed("02 ac02 e807 07 01 e907 04"));
}

TEST(GoldenLearnerRows, OfTheStateInTheFirstVersionLeaveNothingToDo) {
  const auto state = decode_learner_state(unhex("01 ac02 e807 07"));
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(state->step, 300U);
  EXPECT_EQ(state->trained_until, 1000U);
  EXPECT_EQ(state->items, 7U);
  EXPECT_FALSE(state->pending);
}

// At level 2 nothing is put on a difference, so that its sums are exact.
TEST(GoldenLearnerRows, OfADifference) {
  PairedDifference difference(2.0, 8);
  ASSERT_TRUE(
      decoded("01 000000000000f03f 000000000000d03f 000000000000f03f 000000000000d03f 000000000000c03f", difference));
  EXPECT_EQ(difference.interval().mean, -0.5);  // 2 · 0.25 / 1 − 1
  EXPECT_EQ(difference.interval().low, -0.75);
  difference.add(0.0);
  EXPECT_EQ(encoded(difference),
            packed("02 000000000000f83f 000000000000d43f 000000000000f03f 000000000000d03f 000000000000c03f"));
}

TEST(GoldenLearnerRows, OfTheContest) {
  const std::string row =
      "01 02 066d656d6f7279 03"                                // two learners, the champion, its changes
      "0672616e6b6572 000000000000f8bf ac02"                   // ranker, log weight −1.5, credits
      "04 0000000000000040 000000000000c03f 0000000000001040"  // trials, values, squares, bets
      "0000000000000840 000000000000e03f"                      // weighted, variance
      "066d656d6f7279 0000000000000000 05 00" +
      times(5, "0000000000000000");
  Contest contest({"ranker", "memory"}, {});
  ASSERT_TRUE(contest.decode(unhex(row)).ok());
  EXPECT_EQ(contest.champion(), 1U);
  EXPECT_EQ(contest.champion_changes(), 3U);
  EXPECT_NEAR(contest.weight(0) / contest.weight(1), std::exp(-1.5), 1e-12);
  EXPECT_EQ(contest.credits(0), 300U);
  EXPECT_EQ(contest.credits(1), 5U);
  EXPECT_EQ(contest.lead(0).mean, 0.5);
  EXPECT_EQ(hex(contest.encode()), packed(row));
}

// Short average, long average, observations.
TEST(GoldenLearnerRows, OfAverages) {
  TwoMeans means(1.0, 2.0);
  ASSERT_TRUE(decoded("000000000000f03f 0000000000000040 0000000000000840 0000000000001040 0000000000001440", means));
  EXPECT_EQ(means.fast(), 0.5);
  EXPECT_EQ(means.slow(), 0.75);
  EXPECT_EQ(means.observed(), 5.0);
}

TEST(GoldenLearnerRows, OfAWatchAreRecallThenLoss) {
  CollapseWatch watch;
  const std::string recall = "9a9999999999b93f 000000000000f03f 9a9999999999e93f 000000000000f03f 0000000000409f40";
  const std::string loss = times(4, "000000000000f03f") + "0000000000409f40";
  ASSERT_TRUE(decoded(recall + loss, watch));
  EXPECT_TRUE(watch.collapsed(1.0)) << "recall fell from 0.8 to 0.1";
  EXPECT_EQ(encoded(watch), packed(recall + loss));
}

TEST(GoldenLearnerRows, OfMarks) {
  GoodMarks marks;
  ASSERT_TRUE(decoded("01 01 ac02 ad02 03", marks));
  EXPECT_EQ(marks.newest_owner(), 1);
  EXPECT_EQ(marks.good_step(), 300U);
  EXPECT_FALSE(marks.count(302, true, 5)) << "the newest mark is four checkpoints old";
  EXPECT_TRUE(marks.count(303, true, 5));
  EXPECT_EQ(marks.good_step(), 301U) << "the mark that was proving itself";
  EXPECT_EQ(encoded(marks), packed("00 01 ad02 af02 00"));
}

TEST(GoldenLearnerRows, OfTheWatch) {
  const ItemTable items;
  std::vector<std::unique_ptr<Family>> families;
  families.push_back(make_family("factors", ModelOptions{}, items).value());
  const Contest contest({"ranker", "memory"}, {});
  Guard guard({}, families, contest, "untaught");
  const std::string averages = "000000000000f03f 0000000000000040 0000000000000840 0000000000001040 0000000000001440";
  const std::string row =
      "01 02"
      "0672616e6b6572 ac02 00 00 05 07 01" +
      times(2, averages) +  //
      "07666163746f7273 01 01 01 ac02 ad02 03" + times(2, averages) + "02 0672616e6b6572" + averages +
      "066d656d6f7279" + averages;
  ASSERT_TRUE(guard.decode(unhex(row)).ok());
  EXPECT_THAT(guard.rollbacks(), ElementsAre(Pair("ranker", 300U), Pair("factors", 1U)));
  EXPECT_EQ(hex(guard.encode()), packed(row));
}

TEST(GoldenLearnerRows, KeptBeforeACheckpoint) {
  const auto store = make_memory_store();
  WriteBatch before;
  before.put(Table::kModel, std::string("encoder\0items\0\0\0\0\5", 18), "row");
  ASSERT_TRUE(store->commit(before).ok());
  const std::vector<std::string> keys{std::string("items\0\0\0\0\5", 10), std::string("items\0\0\0\0\6", 10)};
  GoodRows rows("encoder");
  WriteBatch batch;
  ASSERT_TRUE(rows.keep(*store, keys, batch).ok());
  const std::string prefix = "model/" + hex("before0") + "00" + hex("encoder") + "00" + hex("items") + "00";
  EXPECT_THAT(hex_rows(batch), ElementsAre(Pair(prefix + "00000005", packed("01 01 726f77")),  //
                                           Pair(prefix + "00000006", packed("01 00"))));
  rows.marks().count(1, true, 1);
  batch.clear();
  ASSERT_TRUE(rows.keep(*store, keys, batch).ok());
  EXPECT_TRUE(hex_rows(batch).contains("model/" + hex("before1") + prefix.substr(20) + "00000005"));
}

constexpr std::size_t kColumns = 16;  // two, padded
constexpr std::size_t kWeights = 33 * kColumns + 32 * kColumns + 32;
constexpr std::size_t kPadding = 15 * kColumns;  // of each set of weights, before version 4

std::string row_of(std::string_view values, std::size_t size = kColumns) {
  return std::string(values) + times(size - packed(values).size() / 8, "00000000");
}

// score = 10 x₀ + 3 max(0, 2 x₀ + 4 g₀ + 8)
std::string averaged_weights(std::size_t padding) {
  return row_of("00000040") + times(31, row_of("")) +           // hidden units by the candidate's columns
         row_of("00002041") + times(padding, "00000000") +      // the linear part
         row_of("00008040 00000041") + times(31, row_of("")) +  // hidden units by the event's columns
         row_of("00004040", 32);                                // the output by the hidden units
}
// As a set of weights that are all the same is kept: nothing behind the columns.
std::string weights_of(std::string_view value) {
  const std::string two = std::string(value) + std::string(value);
  return times(33, row_of(two)) + times(32, row_of(two)) + times(32, std::string(value));
}

const std::string kNames = "02 03612e78 03612e79 01 03652e7a";  // a.x and a.y, e.z
const std::string kFingerprint = "7576917987d51d31";            // of them, before version 4
// Means 1, 2 and 3, deviations 2.
const std::string kStandardised =
    "ac02 e807"
    "05 000000000000f03f 0000000000000040 0000000000001440 0000000000002040"
    "06 0000000000000840 0000000000002a40";

std::string ranker_weights() {
  return weights_of("0000803f") + averaged_weights(0) + weights_of("0000003f") + weights_of("0000803e");
}
std::string ranker_weights_before_names() {
  constexpr std::size_t kAll = kWeights + kPadding;
  return times(kAll, "0000803f") + averaged_weights(kPadding) + times(kAll, "0000003f") + times(kAll, "0000803e");
}

// logit = 2 x₀ − g₀ − 1
std::string purchase_head() {
  const std::string squares = "00008040 00008040" + times(kColumns - 2, "cdcccc3d");
  return row_of("00000040") + row_of("000080bf 000080bf") + squares + squares;
}

class GoldenRankerRow : public ::testing::Test {
 protected:
  GoldenRankerRow() {
    candidates_.items = {ItemIndex{4}};
    candidates_.features = {3.0F, 2.0F};
    candidates_.event = {5.0F};
  }
  static RankerOptions options() {
    RankerOptions options;
    options.label_smoothing = 0.0F;
    return options;
  }

  Ranker ranker_{{{"a.x", "a.y"}, {"e.z"}, {}}, {}, options(), 1};
  Candidates candidates_;
};

TEST_F(GoldenRankerRow, HasItsLayout) {
  const std::string row = "04" + kNames + kStandardised + ranker_weights() + purchase_head();
  const Status decoded = ranker_.decode(unhex(row));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(hex(ranker_.encode()), packed(row));
  const RankerInput input = ranker_.prepare(candidates_);
  EXPECT_EQ(input.x[0], 1.0F);
  EXPECT_EQ(input.x[1], 0.0F);
  EXPECT_EQ(input.g[0], 1.0F);
  EXPECT_EQ(ranker_.score(input)[0], 10.0F + 3.0F * (2.0F + 4.0F + 8.0F));
  EXPECT_FLOAT_EQ(ranker_.log_purchase(input, 0), std::log(0.5F));
}

// Where there is no gradient, the moments alone show which is which.
TEST_F(GoldenRankerRow, HoldsTheMomentsInTheirOrder) {
  const std::string head = "04" + kNames + kStandardised;
  ASSERT_TRUE(ranker_.decode(unhex(head + ranker_weights() + purchase_head())).ok());
  const std::vector<std::size_t> targets{0};
  ranker_.keep(ranker_.prepare(candidates_), targets);
  ranker_.learn();
  const std::string row = ranker_.encode();
  ByteReader in(row);
  in.raw(unhex(head).size() + 4 * kWeights + 4 * kWeights);
  EXPECT_FLOAT_EQ(in.f32(), 0.9F * 0.5F);
  in.raw(4 * (kWeights - 1));
  EXPECT_FLOAT_EQ(in.f32(), 0.999F * 0.25F);
}

TEST_F(GoldenRankerRow, OfTheSecondVersionHasNoPurchaseHead) {
  ASSERT_TRUE(ranker_.decode(unhex("02" + kFingerprint + kStandardised + ranker_weights_before_names())).ok());
  EXPECT_EQ(hex(ranker_.encode()),
            packed("04" + kNames + kStandardised + ranker_weights() + times(32, "00000000") + times(32, "cdcccc3d")));
}

TEST_F(GoldenRankerRow, OfTheThirdVersionIsOfColumnsThatMustBeTheSame) {
  const std::string row = "03" + kFingerprint + kStandardised + ranker_weights_before_names() + purchase_head();
  ASSERT_TRUE(ranker_.decode(unhex(row)).ok());
  EXPECT_EQ(hex(ranker_.encode()), packed("04" + kNames + kStandardised + ranker_weights() + purchase_head()));
  Ranker others({{"a.x", "b.y"}, {"e.z"}, {}}, {}, options(), 1);
  EXPECT_FALSE(others.decode(unhex(row)).ok());
}

TEST_F(GoldenRankerRow, OfTheThirdVersionKnowsColumnsThatAreNoMore) {
  ByteWriter fingerprint;
  fingerprint.u64(fnv1a("encoder.near_second\nencoder.near_third\n\ne.z\n\n"));
  Ranker shrunk({{"encoder.near_second"}, {"e.z"}, {}}, {}, options(), 1);
  const std::string rest = kStandardised + ranker_weights_before_names() + purchase_head();
  ASSERT_TRUE(shrunk.decode(unhex("03") + fingerprint.take() + unhex(rest)).ok());
  candidates_.features = {3.0F};
  EXPECT_EQ(shrunk.score(shrunk.prepare(candidates_))[0], 10.0F + 3.0F * (2.0F + 4.0F + 8.0F));
}

TEST_F(GoldenRankerRow, OfTheThirdVersionKnowsNothingOfContent) {
  Ranker grown({{"a.x", "content.affinity", "a.y"}, {"e.z"}, {}}, {}, options(), 1);
  const std::string row = "03" + kFingerprint + kStandardised + ranker_weights_before_names() + purchase_head();
  ASSERT_TRUE(grown.decode(unhex(row)).ok());
  ASSERT_TRUE(ranker_.decode(unhex(row)).ok());
  Candidates candidates = candidates_;
  candidates.features = {3.0F, 7.0F, 2.0F};
  EXPECT_EQ(grown.score(grown.prepare(candidates))[0], ranker_.score(ranker_.prepare(candidates_))[0]);
}

}  // namespace
}  // namespace millrace::testing
