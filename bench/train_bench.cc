// One mini-batch of the encoder beside the bare f32 matrix products that it needs. Arguments: examples a mini-batch,
// items in a context; 10,000 items, dimension 128, 2,048 negatives. The counter "example" is the time of one.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/random.h"
#include "model/families/encoder.h"
#include "model/nn/matmul.h"

namespace millrace {
namespace {

constexpr std::uint32_t kItems = 10'000;
constexpr std::size_t kExamples = 50'000;
constexpr std::size_t kDepth = 128;
constexpr std::size_t kNegatives = 2'048;

void count_examples(benchmark::State& state) {
  const auto examples = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.counters["example"] = benchmark::Counter(examples, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Low numbers are drawn more often: the square of a uniform number.
ItemIndex draw(Random& random) {
  const double uniform = random.uniform();
  return ItemIndex{static_cast<std::uint32_t>(uniform * uniform * kItems)};
}

std::vector<Example> draw_examples(std::size_t history) {
  Random random(1);
  std::vector<Example> examples(kExamples);
  for (std::uint32_t i = 0; i < kExamples; ++i) {
    Example& example = examples[i];
    example.sequence = i;
    example.item = i < kItems ? ItemIndex{i} : draw(random);
    example.time = example.context.now = {1'000 * static_cast<std::int64_t>(i)};
    for (std::size_t j = 0; j < history; ++j) {
      example.context.history.push_back({draw(random), KindIndex{}, {example.time.count - 500}, 0.0F});
    }
  }
  return examples;
}

void train_step(benchmark::State& state) {
  const auto examples = draw_examples(static_cast<std::size_t>(state.range(1)));
  ModelOptions options;
  options.encoder.use_content = false;
  ItemTable items;
  EncoderFamily encoder(options, items);
  for (const Example& example : examples) encoder.observe(example);
  Random random(2);
  std::vector<const Example*> batch(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (const Example*& example : batch) example = &examples[random.below(kExamples)];
    encoder.train({batch, true, kExamples, Random(random.next())});
  }
  count_examples(state);
}
BENCHMARK(train_step)->Args({256, 10})->Args({256, 4})->Args({128, 10})->Unit(benchmark::kMicrosecond);

// Logits and both their gradients; U x for every position and V x for the newest, and both gradients of each.
void train_bare(benchmark::State& state) {
  using nn::gemm_f32;
  constexpr auto kNo = nn::Transposed::kNo;
  constexpr auto kYes = nn::Transposed::kYes;
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::size_t positions = rows * static_cast<std::size_t>(state.range(1));
  const std::vector<float> a(std::max(positions, kNegatives) * std::max(rows, kDepth), 0.1F);
  const std::vector<float> b(a.size(), 0.2F);
  std::vector<float> c(std::max(kNegatives * rows, positions * kDepth));
  for (auto _ : state) {
    gemm_f32(kNo, kYes, rows, kNegatives, kDepth, a.data(), b.data(), c.data());
    gemm_f32(kNo, kNo, rows, kDepth, kNegatives, a.data(), b.data(), c.data());
    gemm_f32(kYes, kNo, kNegatives, kDepth, rows, a.data(), b.data(), c.data());
    for (const std::size_t keys : {positions, rows}) {
      gemm_f32(kNo, kYes, keys, kDepth, kDepth, a.data(), b.data(), c.data());
      gemm_f32(kNo, kNo, keys, kDepth, kDepth, a.data(), b.data(), c.data());
      gemm_f32(kYes, kNo, kDepth, kDepth, keys, a.data(), b.data(), c.data());
    }
  }
  count_examples(state);
}
BENCHMARK(train_bare)->Args({256, 10})->Args({256, 4})->Args({128, 10})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace
