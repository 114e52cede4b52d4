// Exact top k over a catalogue beside the bare matrix product that it cannot beat. Arguments: rows, dimension, k; a
// batch is 256 queries, and the counter "query" is the time of one.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/bare_matmul.h"
#include "bench/report.h"
#include "bench/timing.h"
#include "core/random.h"
#include "model/nn/matmul.h"
#include "model/top_k.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kQueries = 256;
constexpr std::size_t kCentres = 64;
constexpr std::size_t kBlock = 2048;
constexpr std::size_t kQueryBlock = 64;

// Unit vectors around 64 centres, as learnt items are: harder than isotropic ones, whose best k stand out.
class Clusters {
 public:
  explicit Clusters(std::size_t dimension) : dimension_(dimension), centres_(kCentres * dimension) {
    for (float& value : centres_) value = static_cast<float>(random_.normal());
  }
  std::vector<float> draw(std::size_t count) {
    std::vector<float> vectors(count * dimension_);
    for (std::size_t i = 0; i < count; ++i) draw_one(vectors.data() + i * dimension_);
    return vectors;
  }

 private:
  void draw_one(float* vector) {
    const float* const centre = centres_.data() + random_.below(kCentres) * dimension_;
    double squares = 0.0;
    for (std::size_t j = 0; j < dimension_; ++j) {
      vector[j] = 0.6F * centre[j] + static_cast<float>(random_.normal());
      squares += static_cast<double>(vector[j]) * vector[j];
    }
    for (std::size_t j = 0; j < dimension_; ++j) vector[j] /= static_cast<float>(std::sqrt(squares));
  }

  Random random_{1};
  std::size_t dimension_;
  std::vector<float> centres_;
};

void count_queries(benchmark::State& state) {
  state.counters["query"] = benchmark::Counter(static_cast<double>(state.iterations()) * kQueries,
                                               benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void top_k(benchmark::State& state, ScanKernel kernel) {
  if (!scan_kernel_supported(kernel)) return state.SkipWithError("not on this processor");
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  const auto dimension = static_cast<std::size_t>(state.range(1));
  Clusters clusters(dimension);
  TopKIndex index(dimension, kernel);
  const auto items = clusters.draw(rows);
  for (std::uint32_t slot = 0; slot < rows; ++slot) {
    index.set_row(slot, std::span(items).subspan(slot * dimension, dimension));
  }
  const auto queries = clusters.draw(kQueries);
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(index.search(queries, static_cast<std::size_t>(state.range(2))));
  count_queries(state);
}

// The products alone, in the blocks of the scan; nothing is selected.
void bare_f32(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto dimension = static_cast<std::size_t>(state.range(1));
  Clusters clusters(dimension);
  const auto items = clusters.draw(nn::padded(rows, kBlock));
  const auto queries = clusters.draw(kQueries);
  std::vector<float> scores(kQueryBlock * kBlock);
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t q = 0; q < kQueries; q += kQueryBlock) {
      for (std::size_t first = 0; first < rows; first += kBlock) {
        nn::gemm_f32(nn::Transposed::kNo, nn::Transposed::kYes, kQueryBlock, kBlock, dimension,
                     queries.data() + q * dimension, items.data() + first * dimension, scores.data());
      }
    }
    benchmark::ClobberMemory();
  }
  count_queries(state);
}

void bare_int8(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const auto dimension = static_cast<std::size_t>(state.range(1));
  Random random(1);
  std::vector<std::int8_t> items(nn::padded(rows, kBlock) * dimension);
  for (auto& value : items) value = static_cast<std::int8_t>(random.below(255));
  std::vector<std::uint8_t> queries(kQueries * dimension, 100);
  std::vector<std::int32_t> scores(kQueryBlock * kBlock);
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t q = 0; q < kQueries; q += kQueryBlock) {
      for (std::size_t first = 0; first < rows; first += kBlock) {
        nn::gemm_u8s8s32(nn::Transposed::kNo, nn::Transposed::kYes, kQueryBlock, kBlock, dimension,
                         queries.data() + q * dimension, items.data() + first * dimension, scores.data());
      }
    }
    benchmark::ClobberMemory();
  }
  count_queries(state);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)->Args({10'000, 128, 100})->Args({10'000, 128, 60})->Args({100'000, 64, 100});
}

// A catalogue kept from one pair to the next.
struct Catalogue {
  Catalogue(std::uint32_t size, std::size_t depth)
      : rows(size), dimension(depth), clusters(depth), index(depth, choose_scan_kernel()) {
    for (std::uint32_t slot = 0; slot < size; ++slot) index.set_row(slot, clusters.draw(1));
  }
  const std::uint32_t rows;
  const std::size_t dimension;
  Clusters clusters;
  TopKIndex index;
};

// Exact top k as the service searches, beside the bare product of the same queries and rows.
void top_k_over_matmul(benchmark::State& state, const std::string& name, Catalogue& catalogue) {
  constexpr std::size_t kBest = 100;
  const auto queries = catalogue.clusters.draw(kQueries);
  BareMatmul bare;
  bare.score(kQueries, catalogue.rows, catalogue.dimension);
  double search = 0.0;
  double product = 0.0;
  for ([[maybe_unused]] auto _ : state) {
    const double begin = thread_seconds();
    benchmark::DoNotOptimize(catalogue.index.search(queries, kBest));
    const double middle = thread_seconds();
    bare.score(kQueries, catalogue.rows, catalogue.dimension);
    search += middle - begin;
    product += thread_seconds() - middle;
  }
  const double asked = static_cast<double>(state.iterations()) * kQueries;
  add_pair(state, name, search / product,
           {{"search_us", search / asked * 1e6},
            {"matmul_us", product / asked * 1e6},
            {"int8_scan", choose_scan_kernel() == ScanKernel::kInt8 ? 1.0 : 0.0}});
}

void top_k_10k(benchmark::State& state) {
  static Catalogue catalogue(10'000, 128);
  top_k_over_matmul(state, "topk_10k_over_matmul", catalogue);
}
void top_k_1m(benchmark::State& state) {
  static Catalogue catalogue(1'000'000, 64);
  top_k_over_matmul(state, "topk_1m_over_matmul", catalogue);
}
BENCHMARK(top_k_10k)->Iterations(20)->Unit(benchmark::kMillisecond);
BENCHMARK(top_k_1m)->Iterations(2)->Unit(benchmark::kMillisecond);

BENCHMARK_CAPTURE(top_k, float32, ScanKernel::kFloat32)->Apply(sizes);
BENCHMARK_CAPTURE(top_k, int8, ScanKernel::kInt8)->Apply(sizes);
BENCHMARK(bare_f32)->Apply(sizes);
BENCHMARK(bare_int8)->Apply(sizes);

void set_row(benchmark::State& state) {
  constexpr std::uint32_t kRows = 10'000;
  const auto dimension = static_cast<std::size_t>(state.range(0));
  Clusters clusters(dimension);
  TopKIndex index(dimension, choose_scan_kernel());
  const auto items = clusters.draw(kRows);
  std::uint32_t slot = 0;
  for ([[maybe_unused]] auto _ : state) {
    index.set_row(slot, std::span(items).subspan(slot * dimension, dimension));
    slot = (slot + 1) % kRows;
  }
}
BENCHMARK(set_row)->Name("top_k/set_row")->Arg(128);

}  // namespace
}  // namespace millrace::bench
