#include "core/aside.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace millrace {
namespace {

TEST(Aside, WhatATaskWroteIsSeenAfterWaiting) {
  Aside aside;
  aside.wait();
  int written = 0;
  for (int i = 1; i <= 1000; ++i) {
    aside.start([&written, i] { written = i; });
    aside.wait();
    ASSERT_EQ(written, i);
  }
}

TEST(Aside, RunsBesideTheCallerInOneThread) {
  Aside aside;
  std::thread::id first;
  std::thread::id second;
  aside.start([&first] { first = std::this_thread::get_id(); });
  aside.wait();
  aside.start([&second] { second = std::this_thread::get_id(); });
  aside.wait();
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(Aside, EndsOnlyWhenItsTaskIsDone) {
  bool done = false;
  {
    Aside aside;
    aside.start([&done] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done = true;
    });
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace millrace
