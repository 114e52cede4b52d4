#include "publish/delivery_marks.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/bytes.h"
#include "core/check.h"
#include "publish/publisher.h"

namespace millrace {
namespace {

constexpr std::uint8_t kOfUser = 1;   // key: the user
constexpr std::uint8_t kOfUsers = 2;  // key: version and part
constexpr std::size_t kKeyBytes = 12;
// A list that cannot be delivered keeps so many at most to be sent again after a kill.
constexpr std::size_t kUsersPerMark = 500;
// Users named for nothing, beyond as many as are named for something, from which on marks are shortened.
constexpr std::size_t kNamedForNothing = 10'000;

using StoredMark = std::pair<std::string, DeliveryMark>;  // with its key

// Newest first.
Result<std::vector<StoredMark>> read_marks(const Store& store) {
  std::vector<StoredMark> marks;
  Status status = Ok{};
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDirty, "", "", [&](std::string_view key, std::string_view value) {
    auto mark = decode_mark(key, value);
    if (mark.ok()) {
      marks.emplace_back(key, std::move(*mark));
    } else {
      status = std::move(mark).error();
    }
    return status.ok();
  }));
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  std::stable_sort(marks.begin(), marks.end(),
                   [](const StoredMark& a, const StoredMark& b) { return a.second.version > b.second.version; });
  return marks;
}

// Of the users those who have a list of that version; who made room for others has none.
Result<std::vector<RecommendationList>> read_lists(const Store& store, std::uint64_t version,
                                                   const std::vector<std::string>& users) {
  MILLRACE_ASSIGN_OR_RETURN(const auto rows, store.multi_get(Table::kLists, users));
  std::vector<RecommendationList> lists;
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (!rows[i]) continue;
    MILLRACE_ASSIGN_OR_RETURN(RecommendationList list, decode_list(UserId(users[i]), *rows[i]));
    if (list.version == version) lists.push_back(std::move(list));
  }
  return lists;
}

template <class Visit>
void for_each_mark(std::span<const RecommendationList> lists, const Visit& visit) {
  for (std::uint32_t part = 0; !lists.empty(); ++part) {
    const auto some = lists.first(std::min(lists.size(), kUsersPerMark));
    visit(mark_key(some.front().version, part), some);
    lists = lists.subspan(some.size());
  }
}

}  // namespace

std::string mark_key(std::uint64_t version, std::uint32_t part) {
  std::string key = key_u64(version);
  append_key(key, part, sizeof part);
  return key;
}

std::string encode_mark(const DeliveryMark& mark) {
  ByteWriter out;
  out.u8(kOfUsers);
  out.varint(mark.users.size());
  for (const UserId& user : mark.users) out.string(user.bytes);
  return out.take();
}

Result<DeliveryMark> decode_mark(std::string_view key, std::string_view value) {
  ByteReader in(value);
  const std::uint8_t format = in.u8();
  if (format > kOfUsers) {
    return stop_error(ErrorCode::kInvalid, "read a delivery mark: found version " + std::to_string(format) +
                                               ", expected at most " + std::to_string(kOfUsers) +
                                               "; run the version of millrace that wrote it");
  }
  DeliveryMark mark;
  if (format == kOfUser) {
    mark.version = in.varint();
    mark.users.emplace_back(std::string(key));
  } else if (format == kOfUsers && key.size() == kKeyBytes) {
    mark.version = read_key(key);
    for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
      mark.users.emplace_back(std::string(in.string()));
    }
  }
  if (!in.done() || mark.users.empty()) {
    return stop_error(ErrorCode::kCorruption, "read a delivery mark: the bytes do not parse; restore a backup");
  }
  return mark;
}

void put_marks(std::span<const RecommendationList> lists, WriteBatch& batch) {
  for_each_mark(lists, [&](std::string key, std::span<const RecommendationList> some) {
    DeliveryMark mark{lists.front().version, {}};
    for (const RecommendationList& list : some) {
      MILLRACE_CHECK(list.version == mark.version);
      mark.users.push_back(list.user);
    }
    batch.put(Table::kDirty, std::move(key), encode_mark(mark));
  });
}

Result<bool> is_marked(const Store& store, const RecommendationList& list) {
  bool marked = false;
  Status status = Ok{};
  const auto look = [&](std::string_view key, std::string_view value) {
    const auto mark = decode_mark(key, value);
    if (!mark.ok()) status = mark.error();
    if (!mark.ok() || mark->version != list.version) return mark.ok();
    marked = std::find(mark->users.begin(), mark->users.end(), list.user) != mark->users.end();
    return !marked;
  };
  MILLRACE_RETURN_IF_ERROR(store.scan(Table::kDirty, key_u64(list.version), "", look));
  MILLRACE_ASSIGN_OR_RETURN(const auto of_user, store.get(Table::kDirty, list.user.bytes));
  if (!marked && of_user) look(list.user.bytes, *of_user);
  MILLRACE_RETURN_IF_ERROR(std::move(status));
  return marked;
}

Result<std::vector<RecommendationList>> DeliveryMarks::read(const Store& store) {
  MILLRACE_ASSIGN_OR_RETURN(const std::vector<StoredMark> stored, read_marks(store));
  const auto known_marks = std::exchange(marks_, {});
  const Users known = std::exchange(undelivered_, {});
  stored_ = 0;
  absl::flat_hash_set<std::string> met;
  std::vector<RecommendationList> lists;
  for (const auto& [key, mark] : stored) {
    std::vector<std::string> users;  // whose newest mark this is, unless their lists are known to be delivered
    for (const UserId& user : mark.users) {
      if (!met.insert(user.bytes).second) continue;
      const auto before = known.find(user.bytes);
      const bool delivered =
          known_marks.contains(key) && (before == known.end() || before->second.version != mark.version);
      if (!delivered) users.push_back(user.bytes);
    }
    MILLRACE_ASSIGN_OR_RETURN(std::vector<RecommendationList> found, read_lists(store, mark.version, users));
    if (found.empty()) {
      settled_keys_.push_back(key);
      continue;
    }
    marks_[key] = {mark.users.size(), found.size()};
    stored_ += mark.users.size();
    for (RecommendationList& list : found) {
      undelivered_[list.user.bytes] = {mark.version, key};
      lists.push_back(std::move(list));
    }
  }
  return lists;
}

void DeliveryMarks::add(std::span<const RecommendationList> lists) {
  for_each_mark(lists, [this](const std::string& key, std::span<const RecommendationList> some) {
    marks_[key] = {some.size(), some.size()};
    stored_ += some.size();
    for (const RecommendationList& list : some) {
      const auto older = undelivered_.find(list.user.bytes);
      if (older != undelivered_.end()) drop(older);
      undelivered_[list.user.bytes] = {list.version, key};
    }
  });
}

void DeliveryMarks::settle(std::uint64_t version, const std::string& user) {
  const auto found = undelivered_.find(user);
  if (found != undelivered_.end() && found->second.version == version) drop(found);
}

void DeliveryMarks::drop(Users::iterator user) {
  const auto mark = marks_.find(user->second.key);
  if (--mark->second.undelivered == 0) {
    stored_ -= mark->second.stored;
    settled_keys_.push_back(mark->first);
    marks_.erase(mark);
  }
  undelivered_.erase(user);
}

void DeliveryMarks::update(WriteBatch& batch) {
  for (std::string& key : settled_keys_) batch.erase(Table::kDirty, std::move(key));
  settled_keys_.clear();
  if (stored_ > 2 * undelivered_.size() + kNamedForNothing) shorten(batch);
}

void DeliveryMarks::shorten(WriteBatch& batch) {
  std::map<std::string, DeliveryMark> shortened;
  for (const auto& [user, undelivered] : undelivered_) {
    const Mark& mark = marks_.at(undelivered.key);
    if (mark.stored == mark.undelivered) continue;
    DeliveryMark& shorter = shortened[undelivered.key];
    shorter.version = undelivered.version;
    shorter.users.emplace_back(user);
  }
  for (auto& [key, mark] : shortened) {
    std::sort(mark.users.begin(), mark.users.end());
    stored_ -= marks_.at(key).stored - mark.users.size();
    marks_.at(key).stored = mark.users.size();
    batch.put(Table::kDirty, key, encode_mark(mark));
  }
}

}  // namespace millrace
