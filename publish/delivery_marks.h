// Delivery marks: which stored lists are still to be delivered. A step writes one with its lists, naming all of their
// users; it is erased once each of those lists has been delivered or replaced by a newer one. After a kill all lists of
// a mark go out again.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

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

// docs/formats.md, table dirty. The key of a mark is key_u64(version); formats 1 and 2 of the store have one mark a
// user.
std::string encode_mark(const DeliveryMark& mark);
Result<DeliveryMark> decode_mark(std::string_view key, std::string_view value);

// Whether a mark names the list.
Result<bool> is_marked(const Store& store, const RecommendationList& list);

// The stored lists that marks name and nothing newer has replaced. Errors: kCorruption, kInvalid.
Result<std::vector<RecommendationList>> undelivered_lists(const Store& store);

// The marks of a running publisher. One thread.
class DeliveryMarks {
 public:
  // Takes in what the store has: of marks that are not known yet all that is undelivered, of known ones only what still
  // is. Returns those lists.
  Result<std::vector<RecommendationList>> read(const Store& store);
  // The lists of a step, all of one version, are in the store.
  void add(std::span<const RecommendationList> lists);
  // The user's list of this version was delivered, or replaced by a newer one that is in the store.
  void settle(std::uint64_t version, const std::string& user);
  // Puts the erasure of marks without undelivered lists into `batch`.
  void erase_settled(WriteBatch& batch);

 private:
  struct Mark {
    absl::flat_hash_set<std::string> users;  // whose lists are undelivered
    std::vector<std::string> keys;           // of the rows
  };
  void settle_if_empty(std::uint64_t version);

  absl::flat_hash_map<std::uint64_t, Mark> marks_;  // by version
  std::vector<std::string> settled_keys_;
};

}  // namespace millrace
