#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "publish/dead_letter.h"
#include "publish/delivery_marks.h"
#include "store/memory_store.h"
#include "tests/golden.h"
#include "tests/publish/fakes.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using testing::hex;

TEST(ListCodec, ListsComeBackAsTheyWere) {
  RecommendationList list = list_of("ann", 1'700'000'000'000'123);
  list.items.push_back({kUnknownItem, -3.0F, 1.0F, Reason::kHabit, kUnknownItem});
  const auto decoded = decode_list(UserId("ann"), encode_list(list));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, list);
}

TEST(ListCodec, TheBytesAreFrozen) {
  EXPECT_EQ(hex(encode_list(list_of("ann", 300))),
            "01ac02ac02ab02880ed00f0200065401060e02"  // versions, times, reflects, two items
            "20080000c03f03"                          // taste, item 7, 1.5, because of item 2
            "1309cdcccc3d0000803e");                  // trending, item 8, 0.1, propensity 0.25
  EXPECT_EQ(hex(encode_mark({300, {UserId("ann"), UserId("bo")}})), "020203616e6e02626f");
}

RecommendationList interleaved_list() {
  RecommendationList list = list_of("ann", 300);
  list.learners = {"ranker", "memory"};
  list.items[0].learner = 1;
  return list;
}

TEST(ListCodec, AListOfSeveralLearnersComesBackAndItsBytesAreFrozen) {
  const RecommendationList list = interleaved_list();
  const std::string bytes = encode_list(list);
  EXPECT_EQ(hex(bytes),
            "02ac02ac02ab02880ed00f0200065401060e"  // as without learners, but the version
            "020672616e6b6572066d656d6f7279"        // two learners
            "02"
            "60080000c03f0301"        // … of the second learner
            "1309cdcccc3d0000803e");  // … of none
  const auto decoded = decode_list(UserId("ann"), bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(*decoded, list);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_list(UserId("ann"), bytes.substr(0, size)).ok()) << size;
  }
}

TEST(ListCodec, ALearnerThatTheListDoesNotNameIsRefused) {
  RecommendationList list = interleaved_list();
  list.items[0].learner = 2;
  EXPECT_EQ(decode_list(UserId("ann"), encode_list(list)).error().code, ErrorCode::kCorruption);
}

TEST(ListCodec, EveryCutIsNoticed) {
  const std::string bytes = encode_list(list_of("ann", 300));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_list(UserId("ann"), bytes.substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(decode_list(UserId("ann"), bytes + "x").error().code, ErrorCode::kCorruption);
}

TEST(ListCodec, ANewerVersionIsRefusedByNumberWithoutTheUsersId) {
  std::string bytes = encode_list(list_of("ann", 300));
  bytes[0] = 9;
  const auto decoded = decode_list(UserId("ann"), bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(decoded.error().message, HasSubstr("version 9"));
  EXPECT_THAT(decoded.error().message, ::testing::Not(HasSubstr("ann")));
}

void expect_round_trip(const DeadLetter& letter) {
  const auto decoded = decode_dead_letter(1, encode_dead_letter(letter));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->record.position, letter.record.position);
  EXPECT_EQ(decoded->record.timestamp, letter.record.timestamp);
  EXPECT_EQ(decoded->record.key, letter.record.key);
  EXPECT_EQ(decoded->record.value, letter.record.value);
  EXPECT_EQ(decoded->record.headers, letter.record.headers);
  EXPECT_EQ(decoded->reason, letter.reason);
  EXPECT_EQ(decoded->detail, letter.detail);
}

TEST(DeadLetterCodec, LettersComeBackAsTheyWere) {
  expect_round_trip(letter_of(12));
  DeadLetter tombstone;
  tombstone.reason = "empty";
  expect_round_trip(tombstone);
}

TEST(DeadLetterCodec, TheBytesAreFrozen) {
  DeadLetter letter = letter_of(12);
  letter.detail = "x";
  EXPECT_EQ(hex(encode_dead_letter(letter)),
            "010104189a010306757365722d31017b010563655f69640361626308"
            "6e6f745f6a736f6e0178");
}

TEST(DeadLetterMessage, CarriesTheOriginalAndConnectsHeaders) {
  const Message message = dead_letter_message(letter_of(12), "purchases", "purchases.dlq", 100);
  EXPECT_EQ(message.topic, "purchases.dlq");
  EXPECT_EQ(message.key, "user-1");
  EXPECT_EQ(message.value, "{");
  EXPECT_EQ(message.timestamp, Millis{77});
  const std::vector<std::pair<std::string, std::string>> expected{
      {"ce_id", "abc"},
      {"__connect.errors.topic", "purchases"},
      {"__connect.errors.partition", "2"},
      {"__connect.errors.offset", "12"},
      {"__connect.errors.stage", "VALUE_CONVERTER"},
      {"__connect.errors.exception.class.name", "millrace.not_json"},
      {"__connect.errors.exception.message", "found the end of the text"}};
  EXPECT_EQ(message.headers, expected);
}

TEST(DeadLetterMessage, ALongValueIsCutWithItsSizeAndHash) {
  const Message message = dead_letter_message(letter_of(12, std::string(1000, 'a')), "purchases", "purchases.dlq", 100);
  EXPECT_EQ(message.value, std::string(100, 'a'));
  EXPECT_THAT(message.headers, ::testing::Contains(::testing::Pair("millrace.value.bytes", "1000")));
  EXPECT_THAT(message.headers, ::testing::Contains(::testing::Pair("millrace.value.xxh64", ::testing::SizeIs(16))));
}

TEST(DeadLetterMessage, HeadersBeyondTheBoundAreLeftOut) {
  DeadLetter letter = letter_of(12);
  letter.record.headers = {{"small", "1"}, {"big", std::string(200, 'b')}};
  const Message message = dead_letter_message(letter, "purchases", "purchases.dlq", 100);
  EXPECT_THAT(message.headers, ::testing::Contains(::testing::Pair("small", "1")));
  EXPECT_THAT(message.headers, ::testing::Not(::testing::Contains(::testing::Pair("big", ::testing::_))));
  EXPECT_THAT(message.headers, ::testing::Contains(::testing::Pair("millrace.headers.left.out", "true")));
}

TEST(PutLists, WritesListAndMarkTogether) {
  WriteBatch batch;
  const std::vector<RecommendationList> lists{list_of("ann", 3), list_of("bob", 3)};
  put_lists(lists, batch);
  const auto store = make_memory_store();
  ASSERT_TRUE(store->commit(batch).ok());
  EXPECT_EQ(store->get(Table::kLists, "bob")->value(), encode_list(lists[1]));
  const std::string key = mark_key(3, 0);
  EXPECT_EQ(*decode_mark(key, store->get(Table::kDirty, key)->value()),
            (DeliveryMark{3, {UserId("ann"), UserId("bob")}}));
}

TEST(DeliveryMark, AMarkOfOneUserIsStillRead) {
  for (const std::string& user : {std::string("ann"), mark_key(7, 0), key_u64(7)}) {
    EXPECT_EQ(*decode_mark(user, "\x01\xac\x02"), (DeliveryMark{300, {UserId(user)}}));
  }
}

TEST(DeliveryMark, WhatNoWriterWritesIsRefused) {
  const std::string key = mark_key(3, 0);
  EXPECT_EQ(decode_mark(key, "\x03").error().code, ErrorCode::kInvalid);
  for (const std::string& bytes : {std::string(), std::string("\x01", 1), std::string("\x02\x00", 2),
                                   std::string("\x02\x01\x05"
                                               "a",
                                               4),
                                   std::string("\x02\x01\x01"
                                               "ab",
                                               5)}) {
    EXPECT_EQ(decode_mark(key, bytes).error().code, ErrorCode::kCorruption) << hex(bytes);
  }
  EXPECT_EQ(decode_mark("short", encode_mark({3, {UserId("ann")}})).error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace
