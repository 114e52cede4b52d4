// A mini-batch of the encoder (d = 128, L = 10, 4,096 negatives) beside its bare f32 matrix products. Arguments: the
// mini-batch's examples.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>

#include "bench/bare_matmul.h"
#include "bench/report.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "core/check.h"
#include "model/content_tokens.h"
#include "model/families/registry.h"

namespace millrace::bench {
namespace {

constexpr std::uint32_t kItems = 10'000;
constexpr std::size_t kObserved = 60'000;
constexpr std::size_t kPool = 8'192;

// An encoder that knows the whole catalogue, and examples with full contexts to learn.
class TrainWorld {
 public:
  explicit TrainWorld(bool with_content) : workload_({.items = kItems}) {
    options_.kinds = workload_kinds();
    auto made = make_family("encoder", options_, items_);
    MILLRACE_CHECK(made.ok());
    encoder_ = std::move(*made);
    if (with_content) describe_items();
    for (std::size_t i = 0; i < kObserved; ++i) {
      const Example example = draw(i, i < kItems ? i : workload_.items().draw(random_));
      encoder_->observe(example);
      if (i >= kObserved - kPool) pool_.push_back(example);
    }
  }

  TrainReport train(std::size_t count) {
    std::vector<const Example*> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(&pool_[random_.below(pool_.size())]);
    return encoder_->train({batch, batch.size(), kObserved, Random(1, ++steps_)});
  }

  TrainShape shape(std::size_t count) const {
    return {count, count * options_.encoder.length, distinct_negatives(workload_.items(), options_.encoder.negatives),
            options_.encoder.dimension};
  }

 private:
  void describe_items() {
    items_.ensure(ItemIndex{kItems - 1});
    const auto catalogue = workload_.catalogue();
    for (std::uint32_t item = 0; item < kItems; ++item) {
      items_.set(ItemIndex{item}, {true, 0.0F, content_tokens(*catalogue[item].content)});
      encoder_->item_changed(ItemIndex{item});
    }
  }

  Example draw(std::size_t sequence, std::size_t item) {
    Example example;
    example.sequence = sequence;
    example.item = ItemIndex{static_cast<std::uint32_t>(item)};
    example.time = {static_cast<std::int64_t>(sequence) * 1000};
    example.context.now = example.time;
    example.context.user = UserIndex{random_.below(10'000)};
    example.context.session = sequence;
    example.context.interactions = example.context.session_length = 50;
    for (std::size_t i = options_.encoder.length; i-- > 0;) {
      const auto past = ItemIndex{static_cast<std::uint32_t>(workload_.items().draw(random_))};
      example.context.history.push_back({past, {}, {example.time.count - static_cast<std::int64_t>(i) * 60'000}, 0.0F});
    }
    return example;
  }

  Workload workload_;
  ModelOptions options_;
  ItemTable items_;
  std::unique_ptr<Family> encoder_;
  Random random_{1};
  std::vector<Example> pool_;
  std::uint64_t steps_ = 0;
};

TrainWorld& world(bool with_content) {
  static TrainWorld plain(false);
  static TrainWorld described(true);
  return with_content ? described : plain;
}

void train(benchmark::State& state, const std::string& name, bool with_content) {
  TrainWorld& trained = world(with_content);
  const auto count = static_cast<std::size_t>(state.range(0));
  BareMatmul bare;
  bare.train(trained.shape(count));
  trained.train(count);
  double train_seconds = 0.0;
  double bare_seconds = 0.0;
  std::uint64_t learnt = 0;
  for ([[maybe_unused]] auto _ : state) {
    const double begin = thread_seconds();
    learnt += trained.train(count).examples;
    const double middle = thread_seconds();
    bare.train(trained.shape(count));
    train_seconds += middle - begin;
    bare_seconds += thread_seconds() - middle;
  }
  const double examples = static_cast<double>(state.iterations()) * static_cast<double>(count);
  if (static_cast<double>(learnt) < examples) return state.SkipWithError("an example was not learnt");
  add_pair(state, name, train_seconds / bare_seconds,
           {{"examples_per_second", examples / train_seconds},
            {"train_us", train_seconds / examples * 1e6},
            {"matmul_us", bare_seconds / examples * 1e6},
            {"distinct_negatives", static_cast<double>(trained.shape(count).negatives)}});
}

void setting(benchmark::internal::Benchmark* benchmark) { benchmark->Iterations(40)->Unit(benchmark::kMillisecond); }
BENCHMARK_CAPTURE(train, batch_256, "train_over_matmul", false)->Arg(256)->Apply(setting);
BENCHMARK_CAPTURE(train, batch_128, "train_128_over_matmul", false)->Arg(128)->Apply(setting);
BENCHMARK_CAPTURE(train, batch_256_content, "train_content_over_matmul", true)->Arg(256)->Apply(setting);

}  // namespace
}  // namespace millrace::bench
