#include "core/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <vector>

namespace millrace {
namespace {

TEST(Workers, RunEachTaskOnceEveryTime) {
  for (const std::size_t threads : {0U, 1U, 3U, 100U}) {
    Workers workers(threads);
    for (const std::size_t tasks : {0U, 1U, 2U, 7U, 1000U}) {
      std::vector<std::atomic<int>> runs(tasks);
      workers.run(tasks, [&](std::size_t task) { ++runs[task]; });
      for (const auto& count : runs) EXPECT_EQ(count, 1);
    }
  }
}

TEST(Workers, EachThreadHasALaneOfItsOwn) {
  Workers workers(4);
  PerLane<std::vector<std::size_t>> taken;
  EXPECT_EQ(lane(), 0U);
  workers.run(10'000, [&](std::size_t task) { taken.mine().push_back(task); });
  std::set<std::size_t> all;
  std::size_t sum = 0;
  for (const auto& tasks : taken.all()) {
    all.insert(tasks.begin(), tasks.end());
    sum += tasks.size();
  }
  EXPECT_EQ(all.size(), 10'000U);
  EXPECT_EQ(sum, 10'000U);
}

TEST(Workers, WhatTasksWroteIsSeenAfterwards) {
  Workers workers(3);
  std::vector<std::size_t> squares(500);
  for (std::size_t round = 1; round <= 20; ++round) {
    workers.run(squares.size(), [&](std::size_t task) { squares[task] += task * round; });
  }
  for (std::size_t task = 0; task < squares.size(); ++task) EXPECT_EQ(squares[task], task * 210);
}

}  // namespace
}  // namespace millrace
