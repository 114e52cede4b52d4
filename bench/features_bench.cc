// Events into features with every row in memory: prefetch, apply, flush, in batches of 256; Zipf's users and items.
#include <benchmark/benchmark.h>

#include "bench/workload.h"
#include "features/features.h"
#include "store/memory_store.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kBatch = 256;
constexpr std::size_t kWarm = 60'000;
constexpr std::size_t kEvents = 20'480;

bool apply_batch(Features& features, std::span<const Event> events) {
  WriteBatch batch;
  if (!features.prefetch(events).ok()) return false;
  for (const Event& event : events) {
    const auto example = features.apply(event);
    if (!example.ok()) return false;
    benchmark::DoNotOptimize(*example);
  }
  features.flush(batch);
  benchmark::DoNotOptimize(batch);
  return true;
}

void feature_update(benchmark::State& state) {
  Workload workload;
  FeatureOptions options;
  options.kinds = workload_kinds();
  const auto store = make_memory_store();
  const auto features = open_features(options, *store);
  if (!features.ok()) return state.SkipWithError("features could not be opened");
  bool good = true;
  for (std::size_t done = 0; done < kWarm; done += kBatch)
    good = apply_batch(**features, workload.take(kBatch)) && good;
  const std::vector<Event> events = workload.take(kEvents);
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    good = apply_batch(**features, std::span(events).subspan(next, kBatch)) && good;
    next = (next + kBatch) % kEvents;
  }
  if (!good) return state.SkipWithError("an event could not be applied");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(feature_update)->Name("features/update_batch_256")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace::bench
