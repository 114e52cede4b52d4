// Delivery marks: which stored lists are still to be delivered. A step writes one or a few with its lists, which name
// all of their users; a mark is erased once each of those lists has been delivered or replaced by a newer one. After a
// kill all lists of a mark go out again.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/list.h"
#include "core/result.h"
#include "store/store.h"

namespace millrace {

struct DeliveryMark {
  std::uint64_t version = 0;  // of the lists
  std::vector<UserId> users;
  bool operator==(const DeliveryMark&) const = default;
};

// docs/formats.md, table dirty. Formats 1 and 2 of the store have one mark a user, whose key is the user.
std::string mark_key(std::uint64_t version, std::uint32_t part);
std::string encode_mark(const DeliveryMark& mark);
Result<DeliveryMark> decode_mark(std::string_view key, std::string_view value);

// Puts the marks of lists that are all of one version.
void put_marks(std::span<const RecommendationList> lists, WriteBatch& batch);

// Whether a mark names the list.
Result<bool> is_marked(const Store& store, const RecommendationList& list);

// The marks of a running publisher, in memory one entry for each user with an undelivered list. One thread.
class DeliveryMarks {
 public:
  // Takes in what the store has: of marks that are not known yet all that is undelivered, of known ones only what still
  // is. Returns those lists, newest version first. Errors: kCorruption, kInvalid.
  Result<std::vector<RecommendationList>> read(const Store& store);
  // The lists of a step, all of one version, are in the store. They replace older ones of their users.
  void add(std::span<const RecommendationList> lists);
  // The user's list of this version was delivered.
  void settle(std::uint64_t version, const std::string& user);
  // Puts the erasure of marks without undelivered lists into `batch`, and where marks name far more users than there
  // are undelivered lists, those marks anew.
  void update(WriteBatch& batch);

 private:
  struct Mark {
    std::size_t stored = 0;       // users whom the row names
    std::size_t undelivered = 0;  // of them, with no newer list
  };
  struct Undelivered {
    std::uint64_t version = 0;
    std::string key;  // of the mark
  };
  using Users = absl::flat_hash_map<std::string, Undelivered>;

  void drop(Users::iterator user);
  void shorten(WriteBatch& batch);

  absl::flat_hash_map<std::string, Mark> marks_;  // by key
  Users undelivered_;                             // by user
  std::size_t stored_ = 0;                        // users whom all rows name
  std::vector<std::string> settled_keys_;
};

}  // namespace millrace
