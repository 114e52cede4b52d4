#include "model/trainer.h"

#include <gmock/gmock.h>

#include "core/workers.h"
#include "tests/model/family_testing.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Lengths = std::vector<std::pair<std::size_t, std::size_t>>;  // fresh examples, all

class Recorder final : public Family {
 public:
  std::string_view name() const override { return "recorder"; }
  Reason reason() const override { return Reason::kPopular; }
  std::vector<std::vector<ScoredItem>> rank(std::span<const RankRequest> requests, std::size_t /*k*/) override {
    return std::vector<std::vector<ScoredItem>>(requests.size());
  }
  void score(const Context& /*context*/, std::span<const ItemIndex> /*items*/, std::span<float> /*scores*/) override {}
  TrainReport train(const Minibatch& batch) override {
    lengths.emplace_back(batch.fresh, batch.examples.size());
    hurried = batch.hurried;
    return {};
  }
  void save(const RowSink& /*sink*/, bool /*all*/) override {}
  Status load(std::string_view /*table*/, std::string_view /*key*/, std::string_view /*value*/) override {
    return Ok{};
  }

  Lengths lengths;
  bool hurried = false;  // the newest one
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    auto recorder = std::make_unique<Recorder>();
    recorder_ = recorder.get();
    families_.push_back(std::move(recorder));
    for (const Example& example : TestStream(1).take(kExamples)) log_.append(example, batch_);
  }

  // Of the mini-batches of a trainer that has trained on all but the newest `fresh` examples.
  Lengths lengths(std::size_t fresh, std::uint32_t replays, std::size_t items = kItems) {
    recorder_->lengths.clear();
    Trainer trainer(families_, options_, workers_);
    trainer.restore(kExamples - fresh);
    trainer.train(log_, log_.end(), 1, replays, items);
    return recorder_->lengths;
  }

  static constexpr std::size_t kExamples = 3'000;
  static constexpr std::size_t kItems = 10'000;  // more than 32 for each example of a mini-batch
  ModelOptions options_;
  Workers workers_{1};
  Recorder* recorder_ = nullptr;
  std::vector<std::unique_ptr<Family>> families_;
  WriteBatch batch_;
  ExampleLog log_{kExamples};
};

TEST_F(TrainerTest, TheFewerReplaysTheMoreFreshExamplesAMinibatchHas) {
  EXPECT_THAT(lengths(640, 4), ElementsAre(std::pair(128, 640), std::pair(128, 640), std::pair(128, 640),
                                           std::pair(128, 640), std::pair(128, 640)));
  EXPECT_THAT(lengths(640, 2), ElementsAre(std::pair(213, 639), std::pair(213, 639), std::pair(213, 639)));
  EXPECT_THAT(lengths(640, 1), ElementsAre(std::pair(320, 640), std::pair(320, 640)));
  EXPECT_THAT(lengths(640, 0), ElementsAre(std::pair(384, 384)));
}

TEST_F(TrainerTest, OnlyWithAllReplaysAMinibatchIsCutShort) {
  EXPECT_THAT(lengths(100, 4), ElementsAre(std::pair(100, 500)));
  EXPECT_THAT(lengths(15, 4), IsEmpty()) << "fewer than model.minibatch_min";
  EXPECT_THAT(lengths(212, 2), IsEmpty());
  EXPECT_THAT(lengths(383, 0), IsEmpty());
}

TEST_F(TrainerTest, WithoutReplaysTheStreamLeavesNoTime) {
  for (const std::uint32_t replays : {0U, 1U, 4U}) {
    lengths(640, replays);
    EXPECT_EQ(recorder_->hurried, replays == 0) << replays;
  }
}

TEST_F(TrainerTest, ASmallCatalogueHasShortOnes) {
  EXPECT_THAT(lengths(128, 4, 2'048), ElementsAre(std::pair(64, 320), std::pair(64, 320)));
  EXPECT_THAT(lengths(192, 0, 2'048), ElementsAre(std::pair(192, 192)));
  EXPECT_THAT(lengths(32, 4, 10), ElementsAre(std::pair(16, 80), std::pair(16, 80)));
}

}  // namespace
}  // namespace millrace
