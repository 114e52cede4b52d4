// One outcome a record: applied, dead letter, duplicate, late, skewed; and what a partition remembers across a restart.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "core/bytes.h"
#include "core/random.h"
#include "ingest/partition_ledger.h"
#include "tests/ingest/ingest_fixture.h"

namespace millrace {
namespace {

Outcome outcome_of(const Ingested& result) { return result.counts.begin()->first.outcome; }

std::string event_with_id(const std::string& id, Millis time = kNow) {
  return event_json("u1", "i1", time, R"(,"event_id":")" + id + "\"");
}

TEST(Admission, TheSameEventIdIsADuplicateOnce) {
  TestIngest under_test;
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a"))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a"))), Outcome::kDuplicate);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("b"))), Outcome::kApplied);
}

TEST(Admission, WithoutAnIdNothingIsADuplicate) {
  TestIngest under_test;
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u1", "i1", kNow))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u1", "i1", kNow))), Outcome::kApplied);
}

TEST(Admission, OnlyTheLastAppliedIdsAreRemembered) {
  IngestOptions options = test_options();
  options.duplicates_window = 2;
  TestIngest under_test(options);
  for (const char* id : {"a", "b"}) EXPECT_EQ(outcome_of(under_test.take_json(event_with_id(id))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a"))), Outcome::kDuplicate);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("c"))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a"))), Outcome::kApplied);
}

TEST(Admission, ARefusedEventIsNotRemembered) {
  TestIngest under_test;
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a", kNow + kHour))), Outcome::kSkewed);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("a"))), Outcome::kApplied);
}

TEST(Admission, PartitionsRememberApart) {
  TestIngest under_test;
  const std::vector<std::pair<TopicIndex, PartitionIndex>> two{{TopicIndex{0}, PartitionIndex{0}},
                                                               {TopicIndex{1}, PartitionIndex{0}}};
  ASSERT_TRUE(under_test.ingest->assign(two).ok());
  Record other = test_record(0, event_with_id("a"));
  other.position.topic = TopicIndex{1};
  const Ingested result = under_test.take({test_record(0, event_with_id("a")), other});
  EXPECT_EQ(result.events.size(), 2U);
}

TEST(Admission, LateIsBelowTheNewestLessTheAllowance) {
  IngestOptions options = test_options();
  options.late_allowance = Millis{1000};
  TestIngest under_test(options);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow - Millis{1000}))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow - Millis{1001}))), Outcome::kLate);
}

TEST(Admission, SkewedIsAboveTheRecordsTimeAndMovesNothing) {
  IngestOptions options = test_options();
  options.late_allowance = Millis{0};
  TestIngest under_test(options);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow + options.skew_allowance + Millis{1}))),
            Outcome::kSkewed);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow + options.skew_allowance))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_json("u", "i", kNow))), Outcome::kLate);
}

TEST(Admission, ForeignKeysAreCountedOrRefused) {
  TestIngest under_test;
  Record keyless = test_record(1, event_json("u1", "i", kNow));
  keyless.key.reset();
  const Ingested served = under_test.take({test_record(0, event_json("u1", "i", kNow), "u2"), keyless});
  EXPECT_EQ(served.events.size(), 2U);
  EXPECT_EQ(served.foreign_keys, 2U);
  const Ingested refused = under_test.take({test_record(2, event_json("u1", "i", kNow), "u2")}, true);
  EXPECT_TRUE(refused.events.empty());
  EXPECT_EQ(refused.dead_letters.at(0).reason, "foreign_key");
  EXPECT_EQ(under_test.take({test_record(3, event_json("u1", "i", kNow), "u1")}, true).foreign_keys, 0U);
}

TEST(Admission, ARecordBelowTheNextOffsetHasItsOutcomeAlready) {
  TestIngest under_test;
  under_test.ingest->start_at(TopicIndex{0}, PartitionIndex{0}, Offset{5});
  EXPECT_TRUE(under_test.take({test_record(4, event_json("u1", "i", kNow))}).counts.empty());
  EXPECT_EQ(under_test.take({test_record(7, event_json("u1", "i", kNow))}).events.size(), 1U);
  EXPECT_EQ(under_test.ingest->partition(TopicIndex{0}, PartitionIndex{0})->next, Offset{8});
}

// A stream with every outcome in it.
std::vector<Record> mixed_records(std::size_t count) {
  Random random(7);
  std::vector<Record> records;
  for (std::size_t i = 0; i < count; ++i) {
    const Millis time{kNow.count + static_cast<std::int64_t>(random.below(4'000'000)) - 3'600'000};
    const std::string id = std::to_string(random.below(60));
    std::string json = random.below(10) == 0 ? "{broken" : event_with_id(id, time);
    records.push_back(test_record(static_cast<std::int64_t>(i), std::move(json)));
  }
  return records;
}

IngestOptions narrow_options() {
  IngestOptions options = test_options();
  options.duplicates_window = 16;
  options.late_allowance = Millis{2'000'000};
  return options;
}

TEST(Admission, EveryRecordHasOneOutcomeAndTheCountsAddUp) {
  TestIngest under_test(narrow_options());
  const std::vector<Record> records = mixed_records(2000);
  const Ingested result = under_test.take(records);
  std::array<std::uint64_t, kOutcomes> counted{};
  for (const auto& [key, count] : result.counts) counted[static_cast<std::size_t>(key.outcome)] += count;
  for (const std::uint64_t count : counted) EXPECT_GT(count, 0U);
  EXPECT_EQ(std::accumulate(counted.begin(), counted.end(), std::uint64_t{0}), records.size());
  EXPECT_EQ(result.events.size(), counted[0]);
  EXPECT_EQ(result.dead_letters.size(), counted[1]);
  EXPECT_EQ(under_test.ingest->partition(TopicIndex{0}, PartitionIndex{0})->outcomes, counted);
}

TEST(Admission, RestoredAfterAnyFlushEqualsUninterrupted) {
  const std::vector<Record> records = mixed_records(600);
  TestIngest whole(narrow_options());
  const Ingested expected = whole.take(records);
  TestIngest pieces(narrow_options());
  std::size_t applied = 0;
  for (std::size_t at = 0; at < records.size(); at += 50) {
    applied += pieces.take({records.begin() + at, records.begin() + at + 50}).events.size();
    pieces.commit();
    pieces.open(narrow_options());
  }
  EXPECT_EQ(applied, expected.events.size());
  EXPECT_EQ(pieces.ingest->partitions(), whole.ingest->partitions());
}

TEST(Admission, AnotherWindowKeepsTheNewestIds) {
  IngestOptions options = test_options();
  options.duplicates_window = 8;
  TestIngest under_test(options);
  for (int i = 0; i < 13; ++i) {
    under_test.take_json(event_with_id(std::to_string(i)));
    under_test.commit();
  }
  EXPECT_EQ(under_test.store->size(Table::kSeenIds).rows, 8U);
  options.duplicates_window = 3;
  under_test.open(options);
  under_test.commit();
  under_test.open(options);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("12"))), Outcome::kDuplicate);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("10"))), Outcome::kDuplicate);
  EXPECT_EQ(under_test.store->size(Table::kSeenIds).rows, 3U);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("9"))), Outcome::kApplied);
  under_test.commit();
  options.duplicates_window = 5;
  under_test.open(options);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("11"))), Outcome::kDuplicate);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("9"))), Outcome::kDuplicate);
}

TEST(Admission, AnIdThatAWiderWindowHoldsTwiceIsForgottenWithTheNewer) {
  IngestOptions options = test_options();
  options.duplicates_window = 3;
  TestIngest under_test(options);
  for (const char* id : {"x", "a", "b", "c"}) under_test.take_json(event_with_id(id));
  under_test.commit();
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("x"))), Outcome::kApplied);
  under_test.commit();
  options.duplicates_window = 5;
  under_test.open(options);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("d"))), Outcome::kApplied);
  EXPECT_EQ(outcome_of(under_test.take_json(event_with_id("x"))), Outcome::kDuplicate);
}

TEST(Admission, UnknownPartitionsHaveNoState) {
  TestIngest under_test;
  EXPECT_EQ(under_test.ingest->partition(TopicIndex{0}, PartitionIndex{0}), std::nullopt);
  under_test.ingest->start_at(TopicIndex{0}, PartitionIndex{0}, Offset{9});
  under_test.commit();
  under_test.open(test_options());
  EXPECT_EQ(under_test.ingest->partition(TopicIndex{0}, PartitionIndex{0})->next, Offset{9});
}

TEST(PartitionFormat, IsFrozen) {
  PartitionState state;
  state.next = Offset{300};
  state.newest = Millis{64};
  state.outcomes = {1, 2, 3, 4, 200};
  state.seen_slots = 5;
  EXPECT_EQ(encode_partition(state), std::string("\x01\xd8\x04\x80\x01\x01\x02\x03\x04\xc8\x01\x05", 12));
  EXPECT_EQ(*decode_partition(encode_partition(state)), state);
  EXPECT_EQ(partition_key(TopicIndex{2}, PartitionIndex{258}), std::string("\x02\x00\x00\x01\x02", 5));
}

TEST(PartitionFormat, SeenIdsAreFrozen) {
  TestIngest under_test;
  under_test.take_json(event_with_id("ab"));
  under_test.commit();
  const std::string key(13, '\0');  // partition 0 of topic 0, number 0
  const auto row = under_test.store->get(Table::kSeenIds, key);
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(*row, "\x02\x01\x02\x61\x62");
  EXPECT_EQ(*decode_seen_ids(key, **row), (SeenIds{0, {"ab"}}));
}

TEST(PartitionFormat, AStoreOfOneIdARowRemembersThemAndGetsRowsOfManyWithTheNextCommit) {
  IngestOptions options = test_options();
  options.duplicates_window = 4;
  TestIngest under_test(options);
  PartitionState state;
  state.seen_slots = 6;
  WriteBatch batch;
  const std::string partition = partition_key(TopicIndex{0}, PartitionIndex{0});
  batch.put(Table::kPartitions, partition, encode_partition(state));
  for (char number = 2; number < 6; ++number) {
    const std::string slot{0, 0, 0, static_cast<char>(number % 4)};
    batch.put(Table::kSeenIds, partition + slot, {1, number, 1, static_cast<char>('a' + number)});
  }
  ASSERT_TRUE(under_test.store->commit(batch).ok());
  for (const std::size_t window : {9U, 4U, 4U}) {  // wider with this version, and narrowed again
    options.duplicates_window = window;
    under_test.open(options);
    for (const char* id : {"c", "d", "e", "f"})
      EXPECT_EQ(outcome_of(under_test.take_json(event_with_id(id))), Outcome::kDuplicate) << id;
    under_test.commit();
    EXPECT_EQ(under_test.store->size(Table::kSeenIds).rows, 1U);
  }
  const std::string key = partition + key_u64(2);
  EXPECT_EQ(*decode_seen_ids(key, under_test.store->get(Table::kSeenIds, key)->value()),
            (SeenIds{2, {"c", "d", "e", "f"}}));
}

TEST(PartitionFormat, BytesOfAnotherVersionOrLengthAreRefused) {
  const std::string key(13, '\0');
  EXPECT_EQ(decode_seen_ids(key, "\x03").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_seen_ids(key, encode_seen_ids({0, {"a"}}) + "x").error().code, ErrorCode::kCorruption);
  EXPECT_EQ(decode_seen_ids("short", encode_seen_ids({0, {"a"}})).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(decode_partition("\x02").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(decode_partition(encode_partition({}) + "x").error().code, ErrorCode::kCorruption);
  TestIngest under_test;
  WriteBatch batch;
  batch.put(Table::kPartitions, std::string(5, '\0'), "\x01garbage");
  ASSERT_TRUE(under_test.store->commit(batch).ok());
  const std::vector<std::pair<TopicIndex, PartitionIndex>> assigned{{TopicIndex{0}, PartitionIndex{0}}};
  EXPECT_EQ(under_test.ingest->assign(assigned).error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace
