#include "model/trainer.h"

#include <algorithm>
#include <vector>

#include "model/replay.h"

namespace millrace {
namespace {

enum Purpose : std::uint64_t { kTrainPurpose, kDrawPurpose, kPurposes };

// Replay begins when the log holds so many mini-batches.
constexpr std::uint64_t kReplayFrom = 4;
// A mini-batch has at most one fresh example for so many items of the catalogue.
constexpr std::uint64_t kItemsPerExample = 32;
// Replays for each fresh example from which on mini-batches are cut short rather than wait for more.
constexpr std::uint64_t kFullReplays = 4;
// So many times the configured length with no replays: a step is not to wait long for one.
constexpr std::uint64_t kFreshLengths = 3;

}  // namespace

std::vector<TrainReport> Trainer::train(const ExampleLog& log, std::uint64_t log_end, std::uint64_t step,
                                        std::uint32_t replays, std::size_t items) {
  std::vector<TrainReport> reports(families_.size());
  const std::uint64_t most = minibatch(items, replays);
  const std::uint64_t least = replays < kFullReplays ? most : std::min<std::uint64_t>(options_.minibatch_min, most);
  for (std::uint64_t pass = 0; log_end - trained_until_ >= least; ++pass) {
    const std::uint64_t count = std::min(most, log_end - trained_until_);
    train_minibatch(log, {step, pass, count, replays, log_end}, reports);
  }
  return reports;
}

// Small catalogues see few events, and learn more from each in small mini-batches. With few replays a mini-batch takes
// more fresh examples, up to the length that it has with all of them, for the rows of its negatives cost most of a
// short one.
std::uint64_t Trainer::minibatch(std::size_t items, std::uint64_t replays) const {
  const auto full = std::clamp<std::uint64_t>(items / kItemsPerExample,
                                              std::min(options_.minibatch_min, options_.minibatch), options_.minibatch);
  if (replays >= kFullReplays) return full;
  return replays == 0 ? full * kFreshLengths : full * (1 + kFullReplays) / (1 + replays);
}

// The next `count` fresh examples, then as many replayed ones for each of the replays.
std::vector<Example> Trainer::draw(const ExampleLog& log, const Draw& draw) const {
  std::vector<Example> examples;
  examples.reserve(draw.count * (1 + draw.replays));
  for (std::uint64_t i = 0; i < draw.count; ++i) examples.push_back(log.at(trained_until_ + i));
  if (draw.log_end < kReplayFrom * options_.minibatch) return examples;
  Random random(options_.seed, draw.step, kDrawPurpose + kPurposes * draw.pass);
  for (std::uint32_t replay = 0; replay < draw.replays; ++replay) {
    const bool recent = replay % 2 == 1;
    draw_replays(log, draw.log_end, draw.count, recent, options_.encoder.recent_replay_mean, random, examples);
  }
  return examples;
}

void Trainer::train_minibatch(const ExampleLog& log, const Draw& minibatch, std::vector<TrainReport>& reports) {
  const std::vector<Example> examples = draw(log, minibatch);
  trained_until_ += minibatch.count;
  trained_ += examples.size();
  std::vector<const Example*> pointers;
  pointers.reserve(examples.size());
  for (const Example& example : examples) pointers.push_back(&example);
  const Random random(options_.seed, minibatch.step, kTrainPurpose + kPurposes * minibatch.pass);
  for (std::size_t f = 0; f < families_.size(); ++f) {
    const TrainReport report =
        families_[f]->train({pointers, minibatch.count, minibatch.log_end, random, &workers_, minibatch.replays == 0});
    reports[f].loss_sum += report.loss_sum;
    reports[f].examples += report.examples;
  }
}

}  // namespace millrace
