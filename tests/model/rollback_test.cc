// What a rollback needs, and what it leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "core/random.h"
#include "model/model_rows.h"
#include "model/serve/good_rows.h"
#include "model/serve/watch.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

void feed(CollapseWatch& watch, double hit, int trials, Random& random) {
  for (int i = 0; i < trials; i += 10) {
    double hits = 0.0;
    for (int j = 0; j < 10; ++j) hits += random.uniform() < hit ? 1.0 : 0.0;
    watch.add_trials(hits, 10.0);
  }
}

TEST(CollapseWatch, SaysSoWhenRecallIsGoneAndTheOthersKeepTheirs) {
  CollapseWatch watch;
  Random random(1);
  feed(watch, 0.3, 10'000, random);
  EXPECT_FALSE(watch.collapsed(1.0));
  EXPECT_TRUE(watch.assured());
  feed(watch, 0.0, 2'000, random);
  EXPECT_TRUE(watch.collapsed(1.0));
  EXPECT_FALSE(watch.assured());
  EXPECT_FALSE(watch.collapsed(0.3)) << "where all fall, the stream has changed";
  watch.restart();
  EXPECT_FALSE(watch.collapsed(1.0));
}

TEST(CollapseWatch, WaveringIsNoCollapse) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CollapseWatch watch;
    Random random(seed);
    for (int i = 0; i < 40; ++i) {
      feed(watch, i % 2 == 0 ? 0.12 : 0.05, 500, random);
      EXPECT_FALSE(watch.collapsed(1.0)) << seed;
    }
  }
}

TEST(CollapseWatch, JudgesNothingBeforeItHasSeenEnough) {
  CollapseWatch watch;
  Random random(2);
  feed(watch, 0.9, 500, random);
  feed(watch, 0.0, 1'000, random);
  EXPECT_FALSE(watch.collapsed(1.0));
  EXPECT_FALSE(watch.assured());
}

TEST(CollapseWatch, SaysSoWhenTheLossRises) {
  CollapseWatch watch;
  for (int i = 0; i < 500; ++i) watch.add_loss(4.0 * 128, 128);
  EXPECT_FALSE(watch.collapsed(1.0));
  for (int i = 0; i < 100; ++i) watch.add_loss(8.0 * 128, 128);
  EXPECT_TRUE(watch.collapsed(1.0));
}

TEST(CollapseWatch, ALossThatIsNotFiniteIsACollapseAtOnceWhateverTheOthersDo) {
  for (const double loss : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    CollapseWatch watch;
    watch.add_loss(loss, 1);
    EXPECT_TRUE(watch.collapsed(0.0));
  }
}

TEST(CollapseWatch, ComesBackAsItWas) {
  CollapseWatch watch;
  Random random(3);
  feed(watch, 0.2, 3'000, random);
  watch.add_loss(12.0, 3);
  ByteWriter bytes;
  watch.encode(bytes);
  CollapseWatch restored;
  ByteReader in(bytes.bytes());
  restored.decode(in);
  EXPECT_TRUE(in.done());
  ByteWriter again;
  restored.encode(again);
  EXPECT_EQ(again.bytes(), bytes.bytes());
}

using Rows = std::map<std::string, std::string>;

// A family that changes some of its rows between checkpoints.
class GoodRowsTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kPeriod = 3;

  Rows stored() const {
    Rows rows;
    EXPECT_TRUE(for_each_row(*store_, "family", [&](auto table, auto key, auto value) -> Status {
                  rows[std::string(table) + '\0' + std::string(key)] = std::string(value);
                  return Ok{};
                }).ok());
    return rows;
  }

  void checkpoint(GoodRows& good, bool fit = true) {
    WriteBatch batch;
    std::vector<std::string> written;
    const RowSink sink = row_sink(batch, "family");
    for (std::uint64_t i = random_.below(6); i > 0; --i) {
      const std::string key = key_u32(static_cast<std::uint32_t>(random_.below(20)));
      written.push_back(std::string("t") + '\0' + key);
      const bool erased = random_.below(4) == 0;
      sink("t", key, erased ? std::nullopt : std::optional(std::to_string(random_.next())));
    }
    EXPECT_TRUE(good.keep(*store_, written, batch).ok());
    good.mark(++step_, fit, kPeriod, batch);
    EXPECT_TRUE(store_->commit(batch).ok());
    states_[step_] = stored();
  }

  // The rows as a loader got them; in the order of keys.
  Rows roll_back(GoodRows& good) {
    WriteBatch batch;
    Rows loaded;
    std::string last;
    EXPECT_TRUE(good.roll_back(
                        *store_,
                        [&](auto table, auto key, auto value) -> Status {
                          const std::string row = std::string(table) + '\0' + std::string(key);
                          EXPECT_LT(last, row);
                          last = row;
                          loaded[row] = std::string(value);
                          return Ok{};
                        },
                        batch)
                    .ok());
    EXPECT_TRUE(store_->commit(batch).ok());
    return loaded;
  }

  std::size_t kept() const {
    std::size_t rows = 0;
    EXPECT_TRUE(store_
                    ->scan(Table::kModel, "before", "before",
                           [&](std::string_view, std::string_view) {
                             ++rows;
                             return true;
                           })
                    .ok());
    return rows;
  }

  std::unique_ptr<Store> store_ = make_memory_store();
  Random random_{11};
  std::uint64_t step_ = 0;
  std::map<std::uint64_t, Rows> states_{{0, {}}};
};

TEST_F(GoodRowsTest, ARollbackRestoresTheGoodStateByteForByte) {
  for (int checkpoints = 0; checkpoints < 25; ++checkpoints) {
    GoodRows good("family");
    store_ = make_memory_store();
    step_ = 0;
    states_ = {{0, {}}};
    for (int i = 0; i < checkpoints; ++i) checkpoint(good);
    const std::uint64_t step = good.marks().good_step();
    EXPECT_LE(step + kPeriod, std::max<std::uint64_t>(step_, kPeriod)) << "it has proven itself";
    EXPECT_EQ(roll_back(good), states_.at(step)) << checkpoints;
    EXPECT_EQ(stored(), states_.at(step));
    EXPECT_EQ(kept(), 0U);
    const Rows there = stored();
    for (int i = 0; i < 2; ++i) checkpoint(good);
    EXPECT_EQ(roll_back(good), there) << "and again";
  }
}

TEST_F(GoodRowsTest, WhatIsNotFitIsNotMarked) {
  GoodRows good("family");
  for (int i = 0; i < 7; ++i) checkpoint(good);
  ASSERT_EQ(good.marks().good_step(), 3U);
  for (int i = 0; i < 20; ++i) checkpoint(good, false);
  EXPECT_EQ(good.marks().good_step(), 3U);
  EXPECT_EQ(roll_back(good), states_.at(3));
}

TEST_F(GoodRowsTest, ARestartChangesNothing) {
  GoodRows good("family");
  for (int i = 0; i < 20; ++i) {
    checkpoint(good);
    ByteWriter bytes;
    good.marks().encode(bytes);
    GoodRows restarted("family");
    ByteReader in(bytes.bytes());
    restarted.marks().decode(in);
    ASSERT_TRUE(store_
                    ->scan(Table::kModel, "before", "before",
                           [&](std::string_view key, std::string_view) {
                             EXPECT_TRUE(GoodRows::is_kept(key));
                             EXPECT_EQ(GoodRows::family_of(key), "family");
                             restarted.remember(key);
                             return true;
                           })
                    .ok());
    good = std::move(restarted);
  }
  EXPECT_EQ(roll_back(good), states_.at(good.marks().good_step()));
}

}  // namespace
}  // namespace millrace
