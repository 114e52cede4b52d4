// Which predictions a step makes, and what each of them is taught by.
#include "model/prediction_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `last`: when the user's newest interaction was; none where it is 0.
Example line(std::uint64_t user, std::uint32_t item, std::int64_t time, std::int64_t last = 0) {
  Example example;
  example.context.user = UserIndex{user};
  example.item = ItemIndex{item};
  example.time = Millis{time};
  if (last > 0) example.context.history.push_back({ItemIndex{0}, KindIndex{}, Millis{last}, 0.0F});
  return example;
}

std::vector<Prediction> plan(const LearnInput& input) { return plan_predictions(input, ModelOptions{}); }

TEST(PredictionPlan, EveryExampleIsPredictedBeforeItIsLearnt) {
  LearnInput input;
  input.examples = {line(1, 5, 100), line(2, 6, 110), line(1, 7, 120, 100)};
  const auto predictions = plan(input);
  ASSERT_EQ(predictions.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(predictions[i].before, i);
    EXPECT_THAT(predictions[i].examples, ElementsAre(i));
  }
}

TEST(PredictionPlan, TheLinesOfABasketTeachThePredictionBeforeIt) {
  LearnInput input;
  input.examples = {line(1, 5, 100), line(2, 9, 100), line(1, 6, 100, 100), line(1, 7, 100, 100)};
  const auto predictions = plan(input);
  ASSERT_EQ(predictions.size(), 2U);
  EXPECT_THAT(predictions[0].examples, ElementsAre(0, 2, 3));
  EXPECT_THAT(predictions[1].examples, ElementsAre(1));
}

TEST(PredictionPlan, WhatIsAskedForSharesThePredictionAndTeachesItAlone) {
  LearnInput input;
  input.examples = {line(1, 5, 100), line(1, 6, 100, 100)};
  for (std::size_t i = 0; i < 2; ++i) input.queries.push_back({i, input.examples[i].context, {}});
  const auto predictions = plan(input);
  ASSERT_EQ(predictions.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(predictions[i].query, i);
    EXPECT_THAT(predictions[i].examples, ElementsAre(i));
  }
}

TEST(PredictionPlan, ABasketAskedForOnceIsTaughtByAllItsLines) {
  LearnInput input;
  input.examples = {line(1, 5, 100, 90), line(1, 6, 100, 100), line(1, 7, 100, 100)};
  input.queries.push_back({0, input.examples[0].context, {}});
  const auto predictions = plan(input);
  ASSERT_EQ(predictions.size(), 1U);
  EXPECT_EQ(predictions[0].query, 0U);
  EXPECT_THAT(predictions[0].examples, ElementsAre(0, 1, 2));
}

TEST(PredictionPlan, OfManyExamplesAnEvenShareIsPredicted) {
  LearnInput input;
  for (std::uint64_t i = 0; i < 100; ++i) input.examples.push_back(line(i, 5, 100 + static_cast<std::int64_t>(i)));
  input.effort.ranked_examples = 10;
  EXPECT_EQ(plan(input).size(), 10U);
  input.effort.ranked_examples = 0;
  EXPECT_THAT(plan(input), IsEmpty());
}

TEST(PredictionPlan, ReturnsTeachNothing) {
  LearnInput input;
  input.examples = {line(1, 5, 100)};
  input.examples[0].quantity = -1.0F;
  EXPECT_THAT(plan(input), IsEmpty());
}

TEST(PredictionPlan, NothingIsPredictedWhileRecovering) {
  LearnInput input;
  input.examples = {line(1, 5, 100)};
  input.recovering = true;
  EXPECT_THAT(plan(input), IsEmpty());
}

}  // namespace
}  // namespace millrace
