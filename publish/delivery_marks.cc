#include "publish/delivery_marks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/bytes.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::uint8_t kOfUser = 1;  // key: the user
constexpr std::uint8_t kOfStep = 2;  // key: the version

struct StoredMark {
  std::map<std::string, RecommendationList> lists;  // undelivered, by user
  std::vector<std::string> keys;
};

Status read_lists(const Store& store, const DeliveryMark& mark, StoredMark& read) {
  std::vector<std::string> users;
  for (const UserId& user : mark.users) users.push_back(user.bytes);
  MILLRACE_ASSIGN_OR_RETURN(const auto rows, store.multi_get(Table::kLists, users));
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (!rows[i]) continue;  // the user has made room for others
    MILLRACE_ASSIGN_OR_RETURN(RecommendationList list, decode_list(mark.users[i], *rows[i]));
    if (list.version == mark.version) read.lists.emplace(users[i], std::move(list));
  }
  return Ok{};
}

// By version.
Result<std::map<std::uint64_t, StoredMark>> read_marks(const Store& store) {
  std::vector<std::pair<std::string, DeliveryMark>> rows;
  Status status = Ok{};
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDirty, "", "", [&](std::string_view key, std::string_view value) {
    auto mark = decode_mark(key, value);
    if (mark.ok()) {
      rows.emplace_back(key, std::move(*mark));
    } else {
      status = std::move(mark).error();
    }
    return status.ok();
  }));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  std::map<std::uint64_t, StoredMark> marks;
  for (auto& [key, mark] : rows) {
    StoredMark& stored = marks[mark.version];
    MILLRACE_RETURN_IF_ERROR(read_lists(store, mark, stored));
    stored.keys.push_back(std::move(key));
  }
  return marks;
}

}  // namespace

std::string encode_mark(const DeliveryMark& mark) {
  ByteWriter out;
  out.u8(kOfStep);
  out.varint(mark.users.size());
  for (const UserId& user : mark.users) out.string(user.bytes);
  return out.take();
}

Result<DeliveryMark> decode_mark(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const std::uint8_t format = in.u8();
  if (format > kOfStep) {
    return stop_error(ErrorCode::kInvalid, "read a delivery mark: found version " + std::to_string(format) +
                                               ", expected at most " + std::to_string(kOfStep) +
                                               "; run the version of millrace that wrote it");
  }
  DeliveryMark mark;
  if (format == kOfUser) {
    mark.version = in.varint();
    mark.users.emplace_back(std::string(key));
  } else if (format == kOfStep && key.size() == sizeof(std::uint64_t)) {
    mark.version = read_key(key);
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left)
      mark.users.emplace_back(std::string(in.string()));
  }
  if (!in.done() || mark.users.empty()) {
    return stop_error(ErrorCode::kCorruption, "read a delivery mark: the bytes do not parse; restore a backup");
  }
  return mark;
}

Result<bool> is_marked(const Store& store, const RecommendationList& list) {
  for (const std::string& key : {key_u64(list.version), list.user.bytes}) {
    MILLRACE_ASSIGN_OR_RETURN(const auto row, store.get(Table::kDirty, key));
    if (!row) continue;
    MILLRACE_ASSIGN_OR_RETURN(const DeliveryMark mark, decode_mark(key, *row));
    if (mark.version == list.version && std::find(mark.users.begin(), mark.users.end(), list.user) != mark.users.end())
      return true;
  }
  return false;
}

Result<std::vector<RecommendationList>> undelivered_lists(const Store& store) { return DeliveryMarks().read(store); }

Result<std::vector<RecommendationList>> DeliveryMarks::read(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(auto stored, read_marks(store));
  const auto known = std::exchange(marks_, {});
  std::vector<RecommendationList> lists;
  for (auto& [version, read] : stored) {
    Mark& mark = marks_[version];
    mark.keys = std::move(read.keys);
    const auto before = known.find(version);
    for (auto& [user, list] : read.lists) {
      if (before != known.end() && !before->second.users.contains(user)) continue;
      mark.users.insert(user);
      lists.push_back(std::move(list));
    }
    settle_if_empty(version);
  }
  return lists;
}

void DeliveryMarks::add(std::span<const RecommendationList> lists) {
  if (lists.empty()) return;
  const std::uint64_t version = lists.front().version;
  Mark& mark = marks_[version];
  mark.keys = {key_u64(version)};
  for (const RecommendationList& list : lists) mark.users.insert(list.user.bytes);
}

void DeliveryMarks::settle(std::uint64_t version, const std::string& user) {
  const auto found = marks_.find(version);
  if (found == marks_.end()) return;
  found->second.users.erase(user);
  settle_if_empty(version);
}

void DeliveryMarks::settle_if_empty(std::uint64_t version) {
  const auto found = marks_.find(version);
  if (!found->second.users.empty()) return;
  for (std::string& key : found->second.keys) settled_keys_.push_back(std::move(key));
  marks_.erase(found);
}

void DeliveryMarks::erase_settled(WriteBatch& batch) {
  for (std::string& key : settled_keys_) batch.erase(Table::kDirty, std::move(key));
  settled_keys_.clear();
}

}  // namespace millrace
