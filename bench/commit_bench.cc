// The step's commit on RocksDB: one synced batch of rows of 512 bytes. Arguments: rows a batch.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/scratch_store.h"
#include "core/bytes.h"
#include "core/random.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kRowBytes = 512;
constexpr std::uint64_t kUsers = 100'000;

std::string random_row(Random& random) {
  std::string row(kRowBytes, '\0');
  for (char& byte : row) byte = static_cast<char>(random.below(16));
  return row;
}

void commit(benchmark::State& state) {
  ScratchStore store;
  Random random(1);
  const auto rows = static_cast<std::size_t>(state.range(0));
  const std::string row = random_row(random);
  for ([[maybe_unused]] auto _ : state) {
    WriteBatch batch;
    for (std::size_t i = 0; i < rows; ++i) batch.put(Table::kUsers, key_u64(random.below(kUsers)), row);
    if (!(*store).commit(batch).ok()) state.SkipWithError("commit failed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit)->Name("commit/rows")->Arg(1)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond)->UseRealTime();

void multi_get(benchmark::State& state) {
  ScratchStore store;
  Random random(2);
  for (std::uint64_t begin = 0; begin < kUsers; begin += 1000) {
    WriteBatch batch;
    for (std::uint64_t user = begin; user < begin + 1000; ++user) {
      batch.put(Table::kUsers, key_u64(user), random_row(random));
    }
    if (!(*store).commit(batch).ok()) state.SkipWithError("commit failed");
  }
  for ([[maybe_unused]] auto _ : state) {
    std::vector<std::string> keys;
    for (std::int64_t i = 0; i < state.range(0); ++i) keys.push_back(key_u64(random.below(kUsers)));
    auto values = (*store).multi_get(Table::kUsers, keys);
    if (!values.ok()) state.SkipWithError("multi_get failed");
    benchmark::DoNotOptimize(values);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(multi_get)->Name("multi_get/rows")->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace::bench
