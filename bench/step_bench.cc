// The step as a whole, default model and two replays fixed, beside the bare f32 matrix products that it needs: those of
// the examples it learns (fresh and replayed, with as many positions and distinct negatives as there are) and the exact
// scores of the catalogue for each list. One iteration is one step of 256 events, committed. The same at full effort.
// And the step of a large world beside that of a small one: a million users beside ten thousand, a hundred thousand
// items beside ten thousand.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "app/step.h"
#include "bench/bare_matmul.h"
#include "bench/report.h"
#include "bench/scratch_store.h"
#include "bench/timing.h"
#include "bench/workload.h"
#include "core/check.h"
#include "store/memory_store.h"

namespace millrace::bench {
namespace {

constexpr std::size_t kEvents = 256;
constexpr std::size_t kItems = 10'000;
constexpr std::size_t kWarm = 60'000;
constexpr std::size_t kWarmStep = 2'048;
constexpr std::uint32_t kReplays = 2;
constexpr std::uint32_t kFullReplays = Effort{}.replays;

StepOptions options() {
  StepOptions options;
  options.features.kinds = options.model.kinds = workload_kinds();
  return options;
}

struct StepTimes {
  double wall = 0.0, thread = 0.0;
  double features = 0.0, model = 0.0, lists = 0.0, flush = 0.0, commit = 0.0;
  std::size_t lists_made = 0;
  std::uint64_t steps = 0;
};

// A step that has seen the catalogue, 60,000 events and, if so told, every user once.
class StepWorld {
 public:
  explicit StepWorld(Store& store, const WorkloadOptions& size = {.items = kItems}, bool every_user = false,
                     std::size_t threads = 0)
      : store_(store), workload_(size) {
    StepOptions threaded = options();
    threaded.model.threads = threads;
    auto opened = Step::open(threaded, store_);
    MILLRACE_CHECK(opened.ok());
    step_ = std::move(*opened);
    StepInput catalogue = input({});
    catalogue.changes = workload_.catalogue();
    StepTimes ignored;
    run(catalogue, ignored);
    if (every_user) meet_users(size.users);
    for (std::size_t done = 0; done < std::max(kWarm, size.items); done += kEvents) warm(workload_.take(kEvents));
    for (int settle = 0; settle < 2; ++settle) run(ignored);
  }

  void run(StepTimes& times, std::uint32_t replays = kReplays) {
    StepInput step = input(workload_.take(kEvents));
    step.effort.replays = replays;
    run(step, times);
  }

  // Of the newest events: positions that the encoder attends to, of so many examples.
  std::size_t positions(std::size_t examples) const {
    constexpr std::uint64_t kLookedAt = 1'024;
    const ExampleLog& log = step_->examples();
    std::size_t sum = 0;
    for (std::uint64_t sequence = log.end() - kLookedAt; sequence < log.end(); ++sequence) {
      sum += std::min(options().model.encoder.length, log.at(sequence).context.history.size());
    }
    return sum * examples / kLookedAt;
  }

  std::size_t negatives() const { return distinct_negatives(workload_.items(), options().model.encoder.negatives); }

 private:
  void meet_users(std::size_t users) {
    std::vector<Event> events;
    for (std::size_t user = 0; user < users; ++user) {
      events.push_back(workload_.next_of(user));
      if (events.size() == kWarmStep) warm(std::exchange(events, {}));
    }
    warm(std::move(events));
  }

  void warm(std::vector<Event> events) {
    StepInput step = input(std::move(events));
    step.effort = {0, 0};
    step.make_lists = false;
    StepTimes ignored;
    run(step, ignored);
  }

  StepInput input(std::vector<Event> events) const {
    StepInput input;
    input.step = step_->last_step() + 1;
    input.events = std::move(events);
    return input;
  }

  void run(const StepInput& input, StepTimes& times) {
    const double wall = wall_seconds();
    const double thread = thread_seconds();
    WriteBatch batch;
    const auto output = step_->run(input, batch);
    MILLRACE_CHECK(output.ok());
    const double ran = wall_seconds();
    MILLRACE_CHECK(store_.commit(batch).ok());
    const double done = wall_seconds();
    const auto& seconds = output->seconds;
    times.wall += done - wall;
    times.thread += thread_seconds() - thread;
    times.features += seconds.features;
    times.model += seconds.model;
    times.lists += seconds.lists;
    times.flush += ran - wall - seconds.features - seconds.model - seconds.lists;
    times.commit += done - ran;
    times.lists_made += output->lists.size();
    ++times.steps;
  }

  Store& store_;
  Workload workload_;
  std::unique_ptr<Step> step_;
};

// The products that one step needs, of `lists` lists.
void bare_step(BareMatmul& bare, const TrainShape& shape, std::uint32_t replays, double lists) {
  const std::size_t batches = kEvents / shape.examples * (1 + replays);
  for (std::size_t batch = 0; batch < batches; ++batch) bare.train(shape);
  bare.score(static_cast<std::size_t>(std::lround(lists)), kItems, shape.dimension);
}

void step(benchmark::State& state, StepWorld& world, const std::string& name, bool wall,
          std::uint32_t replays = kReplays) {
  const ModelOptions model = options().model;
  const TrainShape needed{model.minibatch, world.positions(model.minibatch), world.negatives(),
                          model.encoder.dimension};
  const TrainShape nominal{model.minibatch, model.minibatch * model.encoder.length, model.encoder.negatives,
                           model.encoder.dimension};
  BareMatmul bare;
  StepTimes times;
  double bare_seconds = 0.0;
  double nominal_seconds = 0.0;
  const auto now = [wall] { return wall ? wall_seconds() : thread_seconds(); };
  for ([[maybe_unused]] auto _ : state) {
    world.run(times, replays);
    const double lists = static_cast<double>(times.lists_made) / static_cast<double>(times.steps);
    const double begin = now();
    bare_step(bare, needed, replays, lists);
    const double middle = now();
    bare_step(bare, nominal, replays, static_cast<double>(kEvents));
    bare_seconds += middle - begin;
    nominal_seconds += now() - middle;
  }
  const double events = static_cast<double>(state.iterations()) * kEvents;
  const auto us = [events](double seconds) { return seconds / events * 1e6; };
  const double taken = wall ? times.wall : times.thread;
  add_pair(state, name, taken / bare_seconds,
           {{"event_us", us(taken)},
            {"matmul_us", us(bare_seconds)},
            {"full_shapes_matmul_us", us(nominal_seconds)},
            {"features_us", us(times.features)},
            {"model_us", us(times.model)},
            {"lists_us", us(times.lists)},
            {"flush_us", us(times.flush)},
            {"commit_us", us(times.commit)},
            {"lists_per_event", static_cast<double>(times.lists_made) / events},
            {"positions_per_example", static_cast<double>(needed.positions) / static_cast<double>(needed.examples)},
            {"distinct_negatives", static_cast<double>(needed.negatives)}});
}

void step_on_rocksdb(benchmark::State& state) {
  static ScratchStore store;
  static StepWorld world(*store);
  step(state, world, "step_over_matmul", true);
}

// Without the disk, by one thread and in its time: what the processor alone costs.
StepWorld& world_in_memory() {
  static const std::unique_ptr<Store> store = make_memory_store();
  static StepWorld world(*store, {.items = kItems}, false, 1);
  return world;
}

void step_in_memory(benchmark::State& state) { step(state, world_in_memory(), "step_in_memory_over_matmul", false); }

void step_in_memory_full_effort(benchmark::State& state) {
  step(state, world_in_memory(), "step_full_effort_over_matmul", false, kFullReplays);
}

// The time of an event in a large world over that in a small one, step by step.
void cost(benchmark::State& state, StepWorld& large, StepWorld& small, const std::string& name) {
  StepTimes times_large;
  StepTimes times_small;
  for ([[maybe_unused]] auto _ : state) {
    large.run(times_large);
    small.run(times_small);
  }
  const double events = static_cast<double>(state.iterations()) * kEvents;
  const auto us = [events](double seconds) { return seconds / events * 1e6; };
  add_pair(state, name, times_large.wall / times_small.wall,
           {{"large_event_us", us(times_large.wall)},
            {"small_event_us", us(times_small.wall)},
            {"large_features_us", us(times_large.features)},
            {"small_features_us", us(times_small.features)},
            {"large_model_us", us(times_large.model)},
            {"small_model_us", us(times_small.model)},
            {"large_lists_us", us(times_large.lists)},
            {"small_lists_us", us(times_small.lists)},
            {"large_commit_us", us(times_large.commit)},
            {"small_commit_us", us(times_small.commit)}});
}

void cost_of_users(benchmark::State& state) {
  static ScratchStore large_store;
  static ScratchStore small_store;
  static StepWorld large(*large_store, {.users = 1'000'000, .items = kItems}, true);
  static StepWorld small(*small_store, {.users = 10'000, .items = kItems}, true);
  cost(state, large, small, "cost_users_1m_over_10k");
}

void cost_of_items(benchmark::State& state) {
  static ScratchStore large_store;
  static ScratchStore small_store;
  static StepWorld large(*large_store, {.items = 100'000});
  static StepWorld small(*small_store, {.items = kItems});
  cost(state, large, small, "cost_items_100k_over_10k");
}

void setting(benchmark::internal::Benchmark* benchmark) {
  benchmark->Iterations(20)->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(step_on_rocksdb)->Apply(setting);
BENCHMARK(step_in_memory)->Apply(setting);
BENCHMARK(step_in_memory_full_effort)->Apply(setting);
BENCHMARK(cost_of_users)->Apply(setting);
BENCHMARK(cost_of_items)->Apply(setting);

}  // namespace
}  // namespace millrace::bench
