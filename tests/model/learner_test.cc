// What a step teaches, and what it leaves alone.
#include "model/learner.h"

#include <gtest/gtest.h>

#include <map>

#include "model/model_rows.h"
#include "store/memory_store.h"
#include "tests/model/encoder_streams.h"

namespace millrace {
namespace {

class LearnerTest : public ::testing::Test {
 protected:
  // `asked`: for a prediction before each example.
  LearnOutcome learn(std::vector<Example> examples, bool ranker_only, bool asked = false) {
    LearnInput input;
    input.step = ++step_;
    input.ranker_only = ranker_only;
    for (std::size_t i = 0; asked && i < examples.size(); ++i) input.queries.push_back({i, examples[i].context, {}});
    input.item_count = kItems;
    if (!ranker_only) {
      WriteBatch ignored;
      for (Example& example : examples) example.sequence = log_.append(example, ignored);
    }
    input.examples = std::move(examples);
    LearnOutcome outcome = learner_->learn(input, log_);
    learner_->train(log_);
    return outcome;
  }
  // Rows that have changed since the last call, or are saved with every checkpoint, but the number of the step.
  std::map<std::string, std::string> checkpoint() {
    CheckpointRows taken;
    learner_->checkpoint(taken);
    std::map<std::string, std::string> rows;
    for (const auto& [key, value] : taken.rows()) rows[std::string(key)] = value.value_or("");
    EXPECT_EQ(std::erase_if(rows, [](const auto& row) { return row.first.starts_with("learner"); }), 1U);
    return rows;
  }
  std::string ranker() {
    WriteBatch batch;
    learner_->save_step(batch);
    return batch.operations().front().value.value();
  }

  std::unique_ptr<Store> store_ = make_memory_store();
  static constexpr std::size_t kItems = 60;
  ModelOptions options_ = [] {
    ModelOptions options = encoder::small_options();
    options.families = {"encoder", "memory", "related", "popular"};
    return options;
  }();
  encoder::MarkovStream stream_{kItems, 1};
  ExampleLog log_{10'000};
  std::unique_ptr<Learner> learner_ = make_learner(options_).value();
  std::uint64_t step_ = 0;
};

TEST_F(LearnerTest, PredictionsOfACopyTeachTheRankerAlone) {
  learn(stream_.take(400), false);
  checkpoint();
  const auto unchanged = checkpoint();
  const std::string before = ranker();
  EXPECT_GT(learn(stream_.take(100), true).trained_examples, 0U) << "of the examples before";
  EXPECT_EQ(learn(stream_.take(100), true).trained_examples, 0U);
  EXPECT_NE(ranker(), before);
  EXPECT_EQ(checkpoint(), unchanged);
}

// So many users, one after the other, take an item that was never taken before: of how many of them the popular items
// missed it.
std::size_t missed(const LearnOutcome& outcome, std::size_t popular) {
  std::size_t missed = 0;
  for (; missed < outcome.trials.size() && outcome.trials[missed].places[popular] == kMissed; ++missed) continue;
  return missed;
}

TEST_F(LearnerTest, PredictsEventByEventWhatIsAskedAndElseInBlocks) {
  std::vector<Example> examples(40);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    examples[i].item = ItemIndex{7};
    examples[i].context.user = UserIndex{i};
    examples[i].time = examples[i].context.now = examples[i].context.first_seen = Millis{static_cast<std::int64_t>(i)};
  }
  const auto popular = learner_->contest().find("popular");
  ASSERT_TRUE(popular.has_value());
  EXPECT_EQ(missed(learn(examples, false), *popular), 32U);
  learner_ = make_learner(options_).value();
  EXPECT_EQ(missed(learn(examples, false, true), *popular), 1U);
}

// Items below half of the catalogue are bought whenever they are touched, the others never; ratings follow the index.
class HeadsTest : public LearnerTest {
 protected:
  void teach(const HeadOptions& heads) {
    options_.ranker.heads = heads;
    options_.families.emplace_back("ratings");
    learner_ = make_learner(options_).value();
    for (int step = 0; step < 30; ++step) learn(signalled(stream_.take(64)), false);
  }
  static std::vector<Example> signalled(std::vector<Example> examples) {
    for (std::size_t i = 0; i < examples.size(); ++i) {
      Example& example = examples[i];
      const bool rated = i % 4 == 0;
      const bool bought = raw(example.item) < kItems / 2;
      example.signal = rated ? Signal::kRating : bought ? Signal::kPurchase : Signal::kClick;
      if (rated) example.value = 1.0F + 4.0F * static_cast<float>(raw(example.item)) / kItems;
    }
    return examples;
  }
  std::vector<Query> queries() {
    std::vector<Query> queries;
    for (Example& example : stream_.take(50)) queries.push_back({0, std::move(example.context), {}});
    return queries;
  }
  double bought_share() {
    double bought = 0.0;
    double listed = 0.0;
    for (const Ranking& ranking : learner_->recommend(queries(), 10, {})) {
      for (const RankedItem& item : ranking) bought += raw(item.item) < kItems / 2 ? 1.0 : 0.0;
      listed += static_cast<double>(ranking.size());
    }
    return bought / listed;
  }
};

TEST_F(HeadsTest, AWeightOnPurchasesBringsWhatIsBought) {
  teach({.click = 1.0F, .purchase = 0.0F});
  const double by_clicks = bought_share();
  EXPECT_LT(by_clicks, 0.7);
  teach({.click = 1.0F, .purchase = 3.0F});
  EXPECT_GT(bought_share(), by_clicks + 0.2);
}

TEST_F(HeadsTest, RatingsAloneRankByThePredictedRating) {
  teach({.click = 0.0F, .purchase = 0.0F, .rating = 1.0F});
  const std::vector<Query> asked = queries();
  const std::vector<Ranking> rankings = learner_->recommend(asked, 10, {});
  for (std::size_t i = 0; i < asked.size(); ++i) {
    LearnInput input;
    input.step = ++step_;
    for (const RankedItem& item : rankings[i]) input.rating_queries.push_back({0, asked[i].context, item.item});
    const LearnOutcome outcome = learner_->learn(input, log_);
    ASSERT_EQ(outcome.asked_ratings.size(), rankings[i].size());
    for (std::size_t place = 0; place < rankings[i].size(); ++place) {
      EXPECT_FLOAT_EQ(outcome.asked_ratings[place].value(), rankings[i][place].score);
      if (place == 0) continue;
      EXPECT_LE(rankings[i][place].score, rankings[i][place - 1].score);
    }
  }
}

TEST(LearnerState, IsReadAsItWasWritten) {
  for (const auto& pending : {std::optional<LearnerState::Pending>(), std::optional(LearnerState::Pending{900, 4})}) {
    const auto state = decode_learner_state(encode_learner_state({7, 800, 60, pending}));
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(state->step, 7U);
    EXPECT_EQ(state->trained_until, 800U);
    EXPECT_EQ(state->items, 60U);
    ASSERT_EQ(state->pending.has_value(), pending.has_value());
    if (!pending) continue;
    EXPECT_EQ(state->pending->log_end, 900U);
    EXPECT_EQ(state->pending->replays, 4U);
  }
}

TEST(LearnerState, OfTheFirstVersionHasNothingLeftToTrain) {
  const auto state = decode_learner_state({"\x01\x07\x20\x3c", 4});
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->trained_until, 32U);
  EXPECT_FALSE(state->pending);
}

}  // namespace
}  // namespace millrace
