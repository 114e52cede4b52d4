// Users are bounded: who makes room, in which order, and that it hangs on the records alone.
#include "features/user_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "features/counters.h"
#include "tests/features/feature_world.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::Each;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::uint64_t kMaxUsers = 100;
constexpr int kRegulars = 30;
constexpr std::int64_t kPause = 10;  // between events

// Steps that end as the service's do.
class BoundedWorld {
 public:
  explicit BoundedWorld(std::uint64_t max_users = kMaxUsers) : world_(bounded(max_users)) {}

  // One click each, all in one step; the ids of users who made room.
  std::vector<std::string> step(const std::vector<std::string>& users) {
    for (const std::string& user : users) world_.apply(click(user, "item", now_ += kPause));
    WriteBatch batch;
    auto gone = world_.features().make_room(batch);
    EXPECT_TRUE(gone.ok());
    world_.features().flush(batch);
    EXPECT_TRUE(world_.store().commit(batch).ok());
    std::vector<std::string> ids;
    for (const UserId& user : *gone) ids.push_back(user.bytes);
    return ids;
  }
  std::vector<std::string> step(const std::string& stem, int from, int to) {
    std::vector<std::string> users;
    for (int i = from; i < to; ++i) users.push_back(stem + std::to_string(i));
    return step(users);
  }
  bool knows(const std::string& user) { return world_.features().user(UserId(user))->has_value(); }
  std::uint64_t users() { return world_.features().user_count(); }
  FeatureWorld& world() { return world_; }

 private:
  static FeatureOptions bounded(std::uint64_t max_users) {
    FeatureOptions options = small_options();
    options.max_users = max_users;
    return options;
  }
  FeatureWorld world_;
  std::int64_t now_ = 0;
};

TEST(UserQueue, OfThoseWhoCameOnceTheOldestMakeRoomAndTheRegularsStay) {
  BoundedWorld world;
  world.step("regular-", 0, kRegulars);
  world.step("regular-", 0, kRegulars);
  std::vector<std::string> gone;
  for (int flood = 0; flood < 5'000; flood += 10) {
    const auto now_gone = world.step("once-", flood, flood + 10);
    gone.insert(gone.end(), now_gone.begin(), now_gone.end());
    EXPECT_LE(world.users(), kMaxUsers);
  }
  for (int i = 0; i < kRegulars; ++i) {
    const UserState user = world.world().user("regular-" + std::to_string(i));
    EXPECT_EQ(user.interactions, 2U);
    EXPECT_EQ(user.history.size(), 2U);
  }
  ASSERT_EQ(gone.size(), 5'000 - (kMaxUsers - kRegulars));
  for (std::size_t i = 0; i < gone.size(); ++i) EXPECT_EQ(gone[i], "once-" + std::to_string(i));
}

TEST(UserQueue, WhereNewcomersAreFewRegularsWhoDidNotComeForLongestMakeRoom) {
  BoundedWorld world;
  for (int again = 0; again < 2; ++again) world.step("regular-", 0, 90);
  for (int flood = 0; flood < 40; ++flood) world.step("once-", flood, flood + 1);
  EXPECT_EQ(world.users(), kMaxUsers);
  for (int i = 0; i < 90; ++i) EXPECT_TRUE(world.knows("regular-" + std::to_string(i))) << i;
  world.step("regular-", 0, 45);  // the first half comes again
  for (int flood = 0; flood < 20; ++flood) {
    world.step("twice-", flood, flood + 1);
    world.step("twice-", flood, flood + 1);
  }
  for (int i = 0; i < 45; ++i) EXPECT_TRUE(world.knows("regular-" + std::to_string(i))) << i;
  EXPECT_FALSE(world.knows("regular-45"));
  EXPECT_TRUE(world.knows("regular-89"));
  EXPECT_LE(world.users(), kMaxUsers);
}

TEST(UserQueue, UsersOfTheStepAtHandStay) {
  BoundedWorld world;
  EXPECT_THAT(world.step("a-", 0, 150), IsEmpty());
  EXPECT_EQ(world.users(), 150U);
  EXPECT_THAT(world.step("b-", 0, 10), AllOf(testing::SizeIs(60), Each(StartsWith("a-"))));
}

TEST(UserQueue, WhoWasForgottenComesAgainAsNew) {
  BoundedWorld world;
  world.step("a-", 0, 100);
  const UserIndex before = world.world().user("a-0").index;
  world.step("b-", 0, 10);
  EXPECT_FALSE(world.knows("a-0"));
  world.step("a-", 0, 1);
  EXPECT_EQ(world.world().user("a-0").interactions, 1U);
  EXPECT_GT(world.world().user("a-0").index, before);
}

TEST(UserQueue, AStepLooksAtABoundedNumberAndTheRestFollows) {
  BoundedWorld world(1'000);
  for (int again = 0; again < 2; ++again) world.step("regular-", 0, 2'000);
  std::uint64_t most = 0;
  for (int flood = 0; flood < 300; ++flood) {
    world.step("once-", flood, flood + 1);
    most = std::max(most, world.users());
  }
  EXPECT_LE(most, 2'010U);
  EXPECT_LE(world.users(), 1'000U);
}

// A stream with regulars and a flood, cut into steps.
std::vector<std::string> rows_after(const std::function<void(FeatureWorld&)>& after) {
  BoundedWorld world;
  for (int i = 0; i < 200; ++i) {
    world.step({"regular-" + std::to_string(i * 7 % 60), "once-" + std::to_string(i), "u-" + std::to_string(i / 3)});
    after(world.world());
  }
  EXPECT_EQ(world.users(), kMaxUsers);
  return all_rows(world.world().store());
}

TEST(UserQueue, ReopeningAfterEveryStepEqualsTheUninterruptedRun) {
  EXPECT_EQ(rows_after([](FeatureWorld& world) { world.reopen(); }), rows_after([](FeatureWorld&) {}));
}

TEST(UserQueue, TheRowIsFrozen) {
  EXPECT_EQ(encode_queued_user({"u1", 300}), std::string("\x01\xac\x02\x02u1", 6));
  EXPECT_EQ(user_queue_key(UserRank::kRegular, 258), std::string("\x01\0\0\0\0\0\0\x01\x02", 9));
  EXPECT_EQ(*decode_queued_user(encode_queued_user({"u1", 300})), (QueuedUser{"u1", 300}));
  EXPECT_FALSE(decode_queued_user(std::string("\x02\x01\x01u", 4)).ok());
  EXPECT_FALSE(decode_queued_user("").ok());
}

std::string features_row(const Store& store) { return store.get(Table::kMeta, "features")->value_or(""); }

TEST(UserQueue, TheEndsAreFrozenInTheFeaturesRow) {
  BoundedWorld world;
  world.step("a-", 0, 150);
  world.step("b-", 0, 1);
  EXPECT_EQ(features_row(world.world().store()), std::string("\x02\x97\x01\x98\x01\x03\x05"
                                                             "click\x08purchase\x06rating"
                                                             "\x33\x97\x01\x00\x00",
                                                             33));
}

TEST(UserQueue, UsersOfAStoreWithoutAQueueGetTheirPlacesByNumber) {
  BoundedWorld world;
  world.step({"z", "m", "a"});
  WriteBatch older;
  older.put(Table::kMeta, "features",
            std::string("\x01\x03\x04\x03\x05"
                        "click\x08purchase\x06rating",
                        26));
  for (std::uint64_t place = 0; place < 3; ++place) {
    older.erase(Table::kUserQueue, user_queue_key(UserRank::kNewcomer, place));
  }
  ASSERT_TRUE(world.world().store().commit(older).ok());
  world.world().reopen();
  world.step({"b"});
  std::string order;
  ASSERT_TRUE(world.world()
                  .store()
                  .scan(Table::kUserQueue, "", "",
                        [&](auto, auto value) {
                          order += decode_queued_user(value)->user;
                          return true;
                        })
                  .ok());
  EXPECT_EQ(order, "zmab");
  EXPECT_EQ(world.users(), 4U);
}

TEST(UserQueue, AMissingPlaceIsCorruption) {
  BoundedWorld world;
  world.step("a-", 0, 150);
  WriteBatch damage;
  damage.erase(Table::kUserQueue, user_queue_key(UserRank::kNewcomer, 20));
  ASSERT_TRUE(world.world().store().commit(damage).ok());
  WriteBatch batch;
  const auto gone = world.world().features().make_room(batch);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace millrace
