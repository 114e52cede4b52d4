#include "model/example_log.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/random.h"
#include "store/memory_store.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

Example small_example() {
  Example example;
  example.sequence = 7;
  example.item = ItemIndex{300};
  example.kind = KindIndex{1};
  example.signal = Signal::kPurchase;
  example.weight = 5.0F;
  example.quantity = -2.0F;
  example.time = {1'000'000};
  example.context.user = UserIndex{9};
  example.context.session = 130;
  example.context.session_length = 1;
  example.context.now = {1'000'000};
  example.context.first_seen = {999'000};
  example.context.interactions = 2;
  example.context.history = {{kUnknownItem, KindIndex{0}, {999'000}, 0.0F},
                             {ItemIndex{4}, KindIndex{2}, {999'500}, 0.5F}};
  return example;
}

Millis random_time(Random& random) {
  if (random.below(50) == 0) return {std::numeric_limits<std::int64_t>::min()};
  if (random.below(50) == 0) return {std::numeric_limits<std::int64_t>::max()};
  return {static_cast<std::int64_t>(1'700'000'000'000 + random.below(1ULL << 33))};
}

float random_float(Random& random) {
  constexpr std::array<float, 6> kOdd{0.0F, -0.0F, 1.0F, 1e-42F, std::numeric_limits<float>::infinity(), -3.5F};
  return random.below(2) == 0 ? kOdd[random.below(kOdd.size())] : static_cast<float>(random.normal());
}

std::uint64_t random_number(Random& random) { return random.next() >> random.below(64); }

ItemIndex random_item(Random& random) {
  return random.below(10) == 0 ? kUnknownItem : ItemIndex{static_cast<std::uint32_t>(random_number(random))};
}

Example random_example(Random& random, std::uint64_t sequence) {
  Example example;
  example.sequence = sequence;
  example.item = random_item(random);
  example.kind = KindIndex{static_cast<std::uint8_t>(random.below(256))};
  example.signal = static_cast<Signal>(random.below(3));
  for (float* field : {&example.weight, &example.value, &example.quantity, &example.price})
    *field = random_float(random);
  example.time = random_time(random);
  Context& context = example.context;
  context.user = UserIndex{random_number(random)};
  context.session = random_number(random);
  context.session_length = static_cast<std::uint32_t>(random_number(random));
  context.interactions = static_cast<std::uint32_t>(random_number(random));
  context.now = random_time(random);
  context.first_seen = random_time(random);
  context.mean_rating = random_float(random);
  for (std::uint64_t i = random.below(60); i > 0; --i) {
    context.history.push_back({random_item(random), KindIndex{static_cast<std::uint8_t>(random.below(256))},
                               random_time(random), random_float(random)});
  }
  return example;
}

TEST(ExampleCodec, FirstLayoutIsFrozen) {
  const std::string golden(
      "\x01"                               // version
      "\x01"                               // kind
      "\x15"                               // purchase, weight and quantity follow
      "\xad\x02"                           // item 300, plus one
      "\x80\x89\x7a"                       // now
      "\x00"                               // time, from now
      "\xcf\x0f"                           // first seen, from now: -1000
      "\x09"                               // user
      "\x82\x01"                           // session
      "\x01"                               // session length
      "\x02"                               // interactions
      "\x00\x00\xa0\x40"                   // weight 5
      "\x00\x00\x00\xc0"                   // quantity -2
      "\x02"                               // interactions in the history
      "\x00\xcf\x0f"                       // unknown item, -1000
      "\x17\xe8\x07\x02\x00\x00\x00\x3f",  // item 4, plus one, with kind and value; +500; kind 2; 0.5
      36);
  EXPECT_EQ(encode_example(small_example()), golden);
  const auto decoded = decode_example(7, golden);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, small_example());
}

TEST(ExampleCodec, EveryExampleComesBackAsItWas) {
  Random random(1);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const Example example = random_example(random, i);
    const auto decoded = decode_example(i, encode_example(example));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    ASSERT_EQ(*decoded, example);
    ASSERT_EQ(encode_example(*decoded), encode_example(example));  // by bits: -0 equals 0 otherwise
  }
}

TEST(ExampleCodec, SeenItemsAreLeftOut) {
  Example example = small_example();
  const std::string bytes = encode_example(example);
  example.context.seen = {{ItemIndex{4}, 1, {999'500}}};
  EXPECT_EQ(encode_example(example), bytes);
}

TEST(ExampleCodec, TenInteractionsTakeAboutAHundredBytes) {
  Random random(2);
  Example example = small_example();
  example.context.user = UserIndex{3'000'000};
  example.context.session = 5'000'000;
  example.context.now = example.time = {1'700'000'000'000};
  example.context.first_seen = {1'690'000'000'000};
  example.context.history.clear();
  for (int i = 10; i > 0; --i) {
    example.context.history.push_back({ItemIndex{static_cast<std::uint32_t>(random.below(100'000))},
                                       KindIndex{0},
                                       {1'700'000'000'000 - i * 45'000},
                                       0.0F});
  }
  EXPECT_LE(encode_example(example).size(), 100U);
}

TEST(ExampleCodec, EveryTruncationIsAnError) {
  const std::string bytes = encode_example(small_example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_example(7, std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption);
  }
  EXPECT_FALSE(decode_example(7, bytes + "x").ok());
}

TEST(ExampleCodec, FlippedBitsAreAnErrorOrAnotherExampleButNeverACrash) {
  Random random(3);
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string bytes = encode_example(random_example(random, 1));
    for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
      bytes[random.below(bytes.size())] ^= static_cast<char>(1U << random.below(8));
    }
    const auto decoded = decode_example(1, bytes);
    if (decoded.ok()) continue;
    EXPECT_THAT(decoded.error().message, HasSubstr("example 1 "));
  }
}

TEST(ExampleCodec, ANewerLayoutIsRefusedByNumber) {
  std::string bytes = encode_example(small_example());
  bytes[0] = 2;
  const auto decoded = decode_example(7, bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(decoded.error().message, HasSubstr("version 2"));
}

TEST(ExampleCodec, AnAbsurdHistoryLengthAllocatesNothing) {
  Example example = small_example();
  example.context.history.clear();
  std::string bytes = encode_example(example);
  bytes.pop_back();
  bytes += "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_FALSE(decode_example(7, bytes).ok());
}

class ExampleLogTest : public ::testing::Test {
 protected:
  void append(ExampleLog& log, std::uint64_t count) {
    WriteBatch batch;
    for (std::uint64_t i = 0; i < count; ++i) {
      Example example = random_example(random_, 0);
      example.sequence = log.append(example, batch);
      written_.push_back(example);
    }
    ASSERT_TRUE(store_->commit(batch).ok());
  }
  void trim(ExampleLog& log) { trim(log, log.end()); }
  void trim(ExampleLog& log, std::uint64_t needed_from) {
    WriteBatch batch;
    log.forget(needed_from, log.end());
    log.erase_forgotten(batch);
    ASSERT_TRUE(store_->commit(batch).ok());
  }
  void expect_holds(const ExampleLog& log, std::uint64_t begin, std::uint64_t end) {
    ASSERT_EQ(log.begin(), begin);
    ASSERT_EQ(log.end(), end);
    std::uint64_t bytes = 0;
    for (std::uint64_t i = begin; i < end; ++i) {
      EXPECT_EQ(log.at(i), written_[i]);
      bytes += encode_example(written_[i]).size();
    }
    EXPECT_EQ(log.bytes(), bytes);
  }

  Random random_{4};
  std::vector<Example> written_;
  std::unique_ptr<Store> store_ = make_memory_store();
};

TEST_F(ExampleLogTest, NumbersFromZeroWithoutGaps) {
  ExampleLog log(10);
  append(log, 3);
  append(log, 4);
  expect_holds(log, 0, 7);
}

TEST_F(ExampleLogTest, KeepsEverythingUntilTrimmedToItsCapacity) {
  ExampleLog log(10);
  append(log, 25);
  expect_holds(log, 0, 25);
  trim(log);
  expect_holds(log, 15, 25);
  EXPECT_EQ(store_->size(Table::kExamples).rows, 10U);
}

TEST_F(ExampleLogTest, KeepsWhatIsNeededBeyondItsCapacity) {
  ExampleLog log(10);
  append(log, 25);
  trim(log, 12);
  expect_holds(log, 12, 25);
  trim(log, 20);
  expect_holds(log, 15, 25);
}

TEST_F(ExampleLogTest, WhatIsForgottenStaysInTheStoreUntilItIsErased) {
  ExampleLog log(10);
  append(log, 25);
  log.forget(22, 22);
  append(log, 1);
  expect_holds(log, 12, 26);
  ExampleLog again(10);
  ASSERT_TRUE(again.load(*store_).ok());
  expect_holds(again, 0, 26);
  again.forget(22, 22);
  expect_holds(again, 12, 26);
  trim(again);
  EXPECT_EQ(store_->size(Table::kExamples).rows, 10U);
}

TEST_F(ExampleLogTest, LoadedLogGoesOnWhereTheOtherEnded) {
  ExampleLog log(10);
  append(log, 25);
  trim(log);
  append(log, 2);
  ExampleLog again(10);
  ASSERT_TRUE(again.load(*store_).ok());
  expect_holds(again, 15, 27);
  append(again, 1);
  expect_holds(again, 15, 28);
}

TEST_F(ExampleLogTest, EmptyStoreLoadsAsEmptyLog) {
  ExampleLog log(10);
  ASSERT_TRUE(log.load(*store_).ok());
  expect_holds(log, 0, 0);
}

TEST_F(ExampleLogTest, ASmallerCapacityShrinksTheStoreAtTheNextTrim) {
  ExampleLog log(10);
  append(log, 10);
  ExampleLog smaller(4);
  ASSERT_TRUE(smaller.load(*store_).ok());
  trim(smaller);
  expect_holds(smaller, 6, 10);
  EXPECT_EQ(store_->size(Table::kExamples).rows, 4U);
}

TEST_F(ExampleLogTest, AGapInTheStoreIsCorruption) {
  ExampleLog log(10);
  append(log, 5);
  WriteBatch batch;
  batch.erase(Table::kExamples, key_u64(2));
  ASSERT_TRUE(store_->commit(batch).ok());
  const Status status = ExampleLog(10).load(*store_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(status.error().message, HasSubstr("example 2 "));
}

TEST_F(ExampleLogTest, UnreadableRowsAreCorruption) {
  for (const std::string& key : {key_u64(0), std::string("odd")}) {
    store_ = make_memory_store();
    WriteBatch batch;
    batch.put(Table::kExamples, key, "\x01");
    ASSERT_TRUE(store_->commit(batch).ok());
    const Status status = ExampleLog(10).load(*store_);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kCorruption);
  }
}

}  // namespace
}  // namespace millrace
