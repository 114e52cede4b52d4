#include "features/user_queue.h"

#include <algorithm>

#include "core/bytes.h"
#include "features/codec_parts.h"

namespace millrace {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kNewcomersShare = 10;  // one in

}  // namespace

std::string user_queue_key(UserRank rank, std::uint64_t place) {
  std::string key;
  append_key(key, static_cast<std::uint8_t>(rank), 1);
  append_key(key, place);
  return key;
}

std::string encode_queued_user(const QueuedUser& queued) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(queued.interactions);
  out.string(queued.user);
  return out.take();
}

Result<QueuedUser> decode_queued_user(std::string_view bytes) {
  ByteReader in(bytes);
  QueuedUser queued;
  const bool known_version = in.u8() == kVersion;
  queued.interactions = in.varint();
  queued.user = in.string();
  if (!known_version || !in.done()) return undecodable("user queue", bytes, kVersion);
  return queued;
}

UserRank UserQueue::turn(std::uint64_t waiting, std::uint64_t max) const {
  const bool many_newcomers = size(UserRank::kNewcomer) + waiting > max / kNewcomersShare;
  return many_newcomers || size(UserRank::kRegular) == 0 ? UserRank::kNewcomer : UserRank::kRegular;
}

Result<std::vector<QueuedUser>> UserQueue::head(const Store& store, UserRank rank, std::uint64_t count) const {
  const std::uint64_t first = end_of(rank).first;
  const std::uint64_t last = committed_[static_cast<std::size_t>(rank)].next;
  const std::uint64_t wanted = last > first ? std::min(count, last - first) : 0;
  std::vector<QueuedUser> users;
  if (wanted == 0) return users;
  Status status = Ok{};
  const auto visit = [&](std::string_view key, std::string_view value) {
    auto queued = decode_queued_user(value);
    if (key != user_queue_key(rank, first + users.size())) {
      status = undecodable("user queue", "", kVersion);
    } else if (!queued.ok()) {
      status = std::move(queued).error();
    } else {
      users.push_back(std::move(*queued));
    }
    return status.ok() && users.size() < wanted;
  };
  const std::string prefix(1, static_cast<char>(rank));
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kUserQueue, prefix, user_queue_key(rank, first), visit));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  if (users.size() < wanted) return undecodable("user queue", "", kVersion);
  return users;
}

void UserQueue::push(UserRank rank, const QueuedUser& queued, WriteBatch& batch) {
  batch.put(Table::kUserQueue, user_queue_key(rank, end_of(rank).next++), encode_queued_user(queued));
}

void UserQueue::pop(UserRank rank, WriteBatch& batch) {
  batch.erase(Table::kUserQueue, user_queue_key(rank, end_of(rank).first++));
}

}  // namespace millrace
