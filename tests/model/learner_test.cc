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
  LearnOutcome learn(std::vector<Example> examples, bool ranker_only) {
    LearnInput input;
    input.step = ++step_;
    input.ranker_only = ranker_only;
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
    WriteBatch batch;
    EXPECT_TRUE(learner_->checkpoint(*store_, batch).ok());
    std::map<std::string, std::string> rows;
    for (const auto& row : batch.operations()) rows[row.key] = row.value.value_or("");
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
