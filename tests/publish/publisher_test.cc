#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/bytes.h"
#include "publish/delivery_marks.h"
#include "store/memory_store.h"
#include "tests/publish/fakes.h"

namespace millrace {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

bool every_list(const RecommendationList&) { return true; }

// One instance of the service as far as publishing goes; `crash()` forgets everything that is not in the store.
class PublisherTest : public testing::Test {
 protected:
  PublisherTest() { start(); }

  void start() {
    pending.clear();
    producer.waiting.clear();
    producer.reports.clear();
    publisher = make_publisher(options, producer, names, clock);
    ASSERT_TRUE(publisher->restore_dead_letters(*store).ok());
    ASSERT_TRUE(publisher->restore_lists(*store, every_list).ok());
  }
  void crash() { start(); }

  // A step that made these lists and dead letters: its batch carries the erasures collected before it.
  void step(const std::vector<RecommendationList>& lists, const std::vector<DeadLetter>& letters = {}) {
    put_lists(lists, pending);
    const std::uint64_t first = next_letter;
    put_dead_letters(letters, next_letter, pending);
    commit();
    publisher->enqueue(lists, every_list);
    publisher->enqueue_dead_letters(first, letters);
  }
  void commit() {
    ASSERT_TRUE(store->commit(pending).ok());
    pending.clear();
  }
  Delivered serve() {
    auto delivered = publisher->serve(milliseconds(0), pending);
    EXPECT_TRUE(delivered.ok());
    return delivered.ok() ? *delivered : Delivered{};
  }
  void deliver_all() {
    serve();
    producer.report_all();
    serve();
    commit();
  }
  std::uint64_t rows(Table table) const { return store->size(table).rows; }
  std::vector<DeliveryMark> marks() const {
    std::vector<DeliveryMark> found;
    EXPECT_TRUE(store
                    ->scan(Table::kDirty, "", "",
                           [&](auto key, auto value) {
                             found.push_back(*decode_mark(key, value));
                             return true;
                           })
                    .ok());
    return found;
  }

  // Versions of a user in the order in which consumers see them.
  std::vector<std::uint64_t> versions(const std::string& user) const {
    std::vector<std::uint64_t> seen;
    for (const Message& message : producer.log) {
      if (message.topic != options.list_topic || message.key != user) continue;
      const std::string& text = *message.value;
      seen.push_back(std::stoull(text.substr(text.find("\"version\":") + 10)));
    }
    return seen;
  }

  PublisherOptions options;
  FakeProducer producer;
  FakeNames names;
  FakeClock clock;
  std::unique_ptr<Store> store = make_memory_store();
  WriteBatch pending;
  std::uint64_t next_letter = 0;
  std::unique_ptr<Publisher> publisher;
};

TEST_F(PublisherTest, SendsAListAndClearsItsMarkOnDelivery) {
  step({list_of("ann", 5)});
  serve();
  ASSERT_EQ(producer.waiting.size(), 1U);
  EXPECT_EQ(producer.waiting[0].topic, "recommendations");
  EXPECT_EQ(producer.waiting[0].key, "ann");
  EXPECT_EQ(publisher->backlog(), 1U);
  EXPECT_GT(publisher->backlog_bytes(), 0U);
  producer.report(1, true, Millis{1040});
  const Delivered delivered = serve();
  EXPECT_EQ(delivered.lists, 1U);
  EXPECT_THAT(delivered.freshness, ElementsAre(Millis{40}));
  EXPECT_EQ(rows(Table::kDirty), 1U);
  commit();
  EXPECT_EQ(rows(Table::kDirty), 0U);
  EXPECT_EQ(rows(Table::kLists), 1U);
  EXPECT_EQ(publisher->backlog(), 0U);
  EXPECT_EQ(publisher->backlog_bytes(), 0U);
}

TEST_F(PublisherTest, ANewerListBeforeTheReportKeepsTheMarkAndGoesOutNext) {
  step({list_of("ann", 5)});
  serve();
  step({list_of("ann", 6)});
  step({list_of("ann", 7)});
  serve();
  EXPECT_EQ(producer.waiting.size(), 1U) << "one message of a user at a time";
  producer.report_all();
  serve();
  commit();
  EXPECT_EQ(rows(Table::kDirty), 1U);
  producer.report_all();
  serve();
  commit();
  EXPECT_EQ(rows(Table::kDirty), 0U);
  EXPECT_THAT(versions("ann"), ElementsAre(5, 7));
}

TEST_F(PublisherTest, KilledBeforeTheReportItSendsAgain) {
  step({list_of("ann", 5), list_of("bob", 5)}, {letter_of(1)});
  serve();
  crash();
  EXPECT_EQ(publisher->backlog(), 3U);
  deliver_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5));
  EXPECT_THAT(versions("bob"), ElementsAre(5));
  EXPECT_EQ(producer.log.size(), 3U);
  EXPECT_EQ(rows(Table::kDirty), 0U);
  EXPECT_EQ(rows(Table::kDeadLetters), 0U);
}

TEST_F(PublisherTest, KilledBetweenReportAndErasureItRepeatsTheSameVersion) {
  step({list_of("ann", 5)});
  serve();
  producer.report_all();
  serve();
  crash();  // the erasure was not committed
  deliver_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5, 5));
  crash();
  EXPECT_EQ(publisher->backlog(), 0U);
}

TEST_F(PublisherTest, KilledBeforeTheLastReportOfAStepItRepeatsTheStep) {
  step({list_of("ann", 5), list_of("bob", 5)});
  step({list_of("cid", 6)});
  serve();
  producer.report(1, true);
  producer.waiting.pop_front();  // bob's
  producer.report_all();
  serve();
  commit();
  crash();
  deliver_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5, 5));
  EXPECT_THAT(versions("cid"), ElementsAre(6));
  EXPECT_EQ(rows(Table::kDirty), 0U);
}

TEST_F(PublisherTest, WhatAStartFindsUndeliveredGoesOutAsNewerThanAllThatWentOut) {
  step({list_of("ann", 5)});
  step({list_of("bob", 6)});
  serve();
  producer.report(1, true);
  serve();
  commit();  // ann's is delivered, bob's is not
  WriteBatch batch;
  ASSERT_TRUE(put_undelivered_anew(*store, 900, batch).ok());
  ASSERT_TRUE(store->commit(batch).ok());
  producer.waiting.clear();
  crash();
  deliver_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5));
  EXPECT_THAT(versions("bob"), ElementsAre(900));
  EXPECT_EQ(rows(Table::kDirty), 0U);
}

TEST_F(PublisherTest, KilledAnywhereAnOlderListNeverFollowsANewerOne) {
  std::uint64_t version = 1;
  for (int round = 0; round < 60; ++round) {
    step({list_of("ann", version), list_of("bob", version)});
    ++version;
    if (round % 2 == 0) serve();
    if (round % 3 == 0) producer.report(producer.waiting.size() / 2, round % 5 != 0);
    if (round % 7 == 0) serve();
    if (round % 11 == 0) commit();
    if (round % 13 == 0) crash();
    clock.time = clock.time + Millis{70};
  }
  for (int i = 0; i < 10; ++i) {
    clock.time = clock.time + Millis{20'000};
    serve();
    producer.report_all();
  }
  serve();
  commit();
  EXPECT_EQ(rows(Table::kDirty), 0U);
  for (const char* user : {"ann", "bob"}) {
    const auto seen = versions(user);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(seen.back(), version - 1);
  }
}

TEST_F(PublisherTest, AFailedDeliveryIsCountedAndTriedAgainAfterAPause) {
  step({list_of("ann", 5)}, {letter_of(1)});
  serve();
  producer.report(2, false);
  EXPECT_EQ(serve().failed, 2U);
  EXPECT_TRUE(producer.waiting.empty());
  clock.time = clock.time + Millis{99};
  serve();
  EXPECT_TRUE(producer.waiting.empty());
  clock.time = clock.time + Millis{1};
  serve();
  ASSERT_EQ(producer.waiting.size(), 2U);
  producer.report(2, false);
  serve();
  clock.time = clock.time + Millis{199};
  serve();
  EXPECT_TRUE(producer.waiting.empty()) << "the pause doubles";
  clock.time = clock.time + Millis{1};
  serve();
  producer.report_all();
  const Delivered delivered = serve();
  EXPECT_EQ(delivered.lists, 1U);
  EXPECT_EQ(delivered.dead_letters, 1U);
}

TEST_F(PublisherTest, AfterAFailureTheNewestListGoesOut) {
  step({list_of("ann", 5)});
  serve();
  producer.report(1, false);
  serve();
  step({list_of("ann", 6)});
  clock.time = clock.time + Millis{1000};
  serve();
  producer.report_all();
  serve();
  EXPECT_THAT(versions("ann"), ElementsAre(6));
}

TEST_F(PublisherTest, AFullQueueWaitsInsteadOfFailing) {
  producer.capacity = 2;
  step({list_of("a", 1), list_of("b", 1), list_of("c", 1)});
  serve();
  EXPECT_EQ(producer.waiting.size(), 2U);
  producer.report_all();
  EXPECT_EQ(serve().lists, 2U);
  EXPECT_EQ(producer.waiting.size(), 1U);
}

TEST_F(PublisherTest, MessagesInFlightAreBounded) {
  options.in_flight_max = 2;
  start();
  step({list_of("a", 1), list_of("b", 1), list_of("c", 1)});
  serve();
  EXPECT_EQ(producer.waiting.size(), 2U);
  EXPECT_EQ(publisher->backlog(), 3U);
}

TEST_F(PublisherTest, WhatTheProducerCannotRetryComesOut) {
  producer.refusal = stop_error(ErrorCode::kInvalid, "too large");
  step({list_of("a", 1)});
  const auto delivered = publisher->serve(milliseconds(0), pending);
  ASSERT_FALSE(delivered.ok());
  EXPECT_THAT(delivered.error().message, HasSubstr("too large"));
}

TEST_F(PublisherTest, AFatalProducerComesOutWithWhatToDo) {
  producer.fatal_error = Error{ErrorCode::kFatal, Disposition::kRestartClient, "gone"};
  const auto delivered = publisher->serve(milliseconds(0), pending);
  ASSERT_FALSE(delivered.ok());
  EXPECT_EQ(delivered.error().disposition, Disposition::kRestartClient);
}

TEST_F(PublisherTest, DeadLettersGoToTheTopicOfTheirInput) {
  step({}, {letter_of(1), letter_of(2)});
  serve();
  ASSERT_EQ(producer.waiting.size(), 2U);
  EXPECT_EQ(producer.waiting[0].topic, "purchases.dlq");
  producer.report(1, true);
  EXPECT_EQ(serve().dead_letters, 1U);
  commit();
  EXPECT_EQ(rows(Table::kDeadLetters), 1U);
}

TEST_F(PublisherTest, DamagedRowsAreRefusedAtStart) {
  WriteBatch batch;
  batch.put(Table::kDirty, mark_key(5, 0), "\x02\x05");
  ASSERT_TRUE(store->commit(batch).ok());
  const auto restored = make_publisher(options, producer, names, clock)->restore_lists(*store, every_list);
  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().code, ErrorCode::kCorruption);
}

TEST_F(PublisherTest, OnlyTheListsThatAreWantedComeBack) {
  step({list_of("ann", 5), list_of("bob", 5)});
  crash();
  publisher->withdraw_lists();
  const auto ann = [](const RecommendationList& list) { return list.user.bytes == "ann"; };
  EXPECT_EQ(*publisher->restore_lists(*store, ann), 1U);
  deliver_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5U));
  EXPECT_THAT(versions("bob"), ElementsAre());
  EXPECT_EQ(rows(Table::kDirty), 1U) << "bob waits in the store";
}

TEST_F(PublisherTest, WithdrawnListsAreNotSentAndThoseOnTheirWayAreSettled) {
  step({list_of("ann", 5), list_of("bob", 5)});
  serve();
  step({list_of("ann", 6)});
  publisher->withdraw_lists();
  EXPECT_EQ(publisher->lists_in_flight(), 2U);
  producer.report_all();
  serve();
  serve();
  producer.report_all();
  commit();
  EXPECT_THAT(versions("ann"), ElementsAre(5U)) << "the newer one was withdrawn";
  EXPECT_EQ(publisher->backlog(), 0U);
  EXPECT_EQ(publisher->backlog_bytes(), 0U);
  EXPECT_EQ(rows(Table::kDirty), 1U) << "ann's newer list waits in the store";
  EXPECT_EQ(*publisher->restore_lists(*store, every_list), 1U);
  serve();
  producer.report_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5U, 6U));
}

TEST_F(PublisherTest, TheMarkOfAStepGoesWithTheLastOfItsLists) {
  step({list_of("ann", 5), list_of("bob", 5), list_of("cid", 5)});
  serve();
  step({list_of("cid", 6)});
  producer.report(1, true);
  serve();
  commit();
  EXPECT_EQ(rows(Table::kDirty), 2U) << "bob's list is on its way";
  producer.report_all();
  serve();
  commit();
  EXPECT_EQ(marks(), (std::vector<DeliveryMark>{{6, {UserId("cid")}}}));
}

TEST_F(PublisherTest, AMarkOutlivesTheListsThatAreNotWanted) {
  put_lists(std::vector{list_of("ann", 5), list_of("bob", 5)}, pending);
  commit();
  publisher->enqueue({list_of("ann", 5), list_of("bob", 5)},
                     [](const RecommendationList& list) { return list.user.bytes == "ann"; });
  deliver_all();
  EXPECT_EQ(rows(Table::kDirty), 1U);
  EXPECT_EQ(*publisher->restore_lists(*store, every_list), 1U) << "ann's is known to be delivered";
  deliver_all();
  EXPECT_EQ(rows(Table::kDirty), 0U);
  EXPECT_THAT(versions("ann"), ElementsAre(5U));
  EXPECT_THAT(versions("bob"), ElementsAre(5U));
}

TEST_F(PublisherTest, WhatWasWithdrawnComesBackUnderANewVersionToTheSamePublisher) {
  step({list_of("cid", 5), list_of("dan", 5)});
  step({list_of("ann", 6), list_of("bob", 6)});
  publisher->withdraw_lists();
  WriteBatch batch;
  ASSERT_TRUE(put_undelivered_anew(*store, 7, batch).ok());
  ASSERT_TRUE(store->commit(batch).ok());
  EXPECT_EQ(*publisher->restore_lists(*store, every_list), 4U);
  deliver_all();
  for (const char* user : {"ann", "bob", "cid", "dan"}) EXPECT_THAT(versions(user), ElementsAre(7U)) << user;
  EXPECT_EQ(rows(Table::kDirty), 0U);
}

TEST_F(PublisherTest, MarksOfListsThatNobodyWantsAreOfAsManyUsersAsThereAre) {
  constexpr std::size_t kUsers = 1'000;
  for (std::uint64_t version = 1; version <= 300; ++version) {
    std::vector<RecommendationList> lists{list_of("once-" + std::to_string(version), version)};
    for (std::size_t user = 0; user < 100; ++user)
      lists.push_back(list_of(std::to_string((version * 37 + user) % kUsers), version));
    put_lists(lists, pending);
    commit();
    publisher->enqueue(lists, [](const RecommendationList&) { return false; });
    serve();
  }
  commit();
  std::size_t named = 0;
  for (const DeliveryMark& mark : marks()) named += mark.users.size();
  EXPECT_LE(named, 2 * (kUsers + 300) + 10'000 + 101) << "of 30,300 that the steps named";
  EXPECT_EQ(*publisher->restore_lists(*store, every_list), kUsers + 300);
}

TEST_F(PublisherTest, AListThatCannotBeDeliveredKeepsNoMoreThanItsOwnMark) {
  std::vector<RecommendationList> lists;
  for (int user = 0; user < 1'200; ++user) lists.push_back(list_of(std::to_string(user), 5));
  step(lists);
  serve();
  producer.report(1, false);
  producer.report_all();
  serve();
  commit();
  EXPECT_THAT(marks(), ElementsAre(Field(&DeliveryMark::users, SizeIs(500))));
}

TEST_F(PublisherTest, TheMarksOfAnOlderFormatAreServed) {
  WriteBatch older;
  put_lists(std::vector{list_of("ann", 5), list_of("bob", 5)}, older);
  older.erase(Table::kDirty, mark_key(5, 0));
  for (const char* user : {"ann", "bob"}) older.put(Table::kDirty, user, "\x01\x05");
  ASSERT_TRUE(store->commit(older).ok());
  crash();
  EXPECT_EQ(publisher->backlog(), 2U);
  step({list_of("bob", 6)});
  EXPECT_EQ(rows(Table::kDirty), 3U);
  deliver_all();
  EXPECT_EQ(rows(Table::kDirty), 0U);
  EXPECT_THAT(versions("ann"), ElementsAre(5U));
  EXPECT_THAT(versions("bob"), ElementsAre(6U));
}

TEST_F(PublisherTest, AUserWhoMadeRoomHasNoListToDeliver) {
  step({list_of("ann", 5), list_of("bob", 5)});
  const std::vector<UserId> gone{UserId("ann")};
  erase_lists(gone, pending);
  commit();
  crash();
  EXPECT_EQ(publisher->backlog(), 1U);
  deliver_all();
  EXPECT_EQ(rows(Table::kDirty), 0U);
}

TEST_F(PublisherTest, ListsWaitWhileTheyMayNotBeSent) {
  bool may_send = false;
  publisher = make_publisher(options, producer, names, clock, [&] { return may_send; });
  step({list_of("ann", 5)}, {letter_of(1)});
  serve();
  EXPECT_TRUE(producer.waiting.empty());
  may_send = true;
  serve();
  producer.report_all();
  EXPECT_THAT(versions("ann"), ElementsAre(5U));
}

}  // namespace
}  // namespace millrace
