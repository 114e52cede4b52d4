// Which users are known, in the order in which they make room once there are too many: table `user_queue`, two queues.
// A new user goes to the end of the newcomers. While these are more than a tenth, the oldest of them goes: for good, or
// to the end of the regulars where a second interaction came meanwhile. Else the first of the regulars goes, or back to
// the end where it had interactions since it got its place. So users who came once make room for each other, and
// however many come, the regulars stay. (S3-FIFO, Yang et al., SOSP 2023, without its third queue.)
//
// Only what a commit has made lasting is ever looked at, so that the cut into steps alone decides. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "store/store.h"

namespace millrace {

enum class UserRank : std::uint8_t { kNewcomer = 0, kRegular = 1 };
inline constexpr std::size_t kUserRanks = 2;

// Places first … next − 1 are taken; stored in table `meta`, row `features`.
struct QueueEnds {
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  bool operator==(const QueueEnds&) const = default;
};
using UserQueueEnds = std::array<QueueEnds, kUserRanks>;

// One row of the table.
struct QueuedUser {
  std::string user;
  std::uint64_t interactions = 0;  // ever, when it got its place
  bool operator==(const QueuedUser&) const = default;
};
std::string user_queue_key(UserRank rank, std::uint64_t place);
std::string encode_queued_user(const QueuedUser& queued);
Result<QueuedUser> decode_queued_user(std::string_view bytes);

class UserQueue {
 public:
  UserQueue() = default;
  explicit UserQueue(const UserQueueEnds& ends) : ends_(ends), committed_(ends) {}

  const UserQueueEnds& ends() const { return ends_; }
  std::uint64_t size(UserRank rank) const { return end_of(rank).next - end_of(rank).first; }
  std::uint64_t size() const { return size(UserRank::kNewcomer) + size(UserRank::kRegular); }
  // Whose turn it is to make room, if there are to be `max` in all and as many newcomers are `waiting` for their place.
  UserRank turn(std::uint64_t waiting, std::uint64_t max) const;

  // The first `count` of the rank that were there before this step. kCorruption where one is missing or unreadable.
  Result<std::vector<QueuedUser>> head(const Store& store, UserRank rank, std::uint64_t count) const;
  void push(UserRank rank, const QueuedUser& queued, WriteBatch& batch);
  // Takes the first away.
  void pop(UserRank rank, WriteBatch& batch);
  // The step is over; its batch will be committed before head() is called again.
  void settle() { committed_ = ends_; }

 private:
  QueueEnds& end_of(UserRank rank) { return ends_[static_cast<std::size_t>(rank)]; }
  const QueueEnds& end_of(UserRank rank) const { return ends_[static_cast<std::size_t>(rank)]; }

  UserQueueEnds ends_{};
  UserQueueEnds committed_{};
};

}  // namespace millrace
