// The floor beside every evaluation: all items ordered by how often they were met so far, ties counted against the
// target. Also what the evaluation itself remembers of the stream: which items are known, and who touched what.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/evaluate/similarity.h"
#include "core/ids.h"

namespace millrace {

class StreamMemory {
 public:
  // `with_sketches`: sketches() are kept.
  explicit StreamMemory(bool with_sketches = false) : with_sketches_(with_sketches) {}
  void learn(const UserId& user, const ItemId& item);
  // From now on the counts, and with them which items are known, stand still until thaw(); what users touched goes on.
  void freeze() { frozen_ = true; }
  void thaw();

  bool knows(const ItemId& item) const { return count_of(item) > 0; }
  std::uint32_t count_of(const ItemId& item) const;  // events of the item
  bool touched(const UserId& user, const ItemId& item) const;
  bool knows_user(const UserId& user) const { return touched_.contains(user.bytes); }
  std::size_t items() const { return items_at_least_.size() > 1 ? items_at_least_[1] : 0; }

  // How many items other than `item` were met at least as often, those `without` touched left out; absent for an
  // unknown item. Constant time, but for the user's items.
  std::optional<std::size_t> popularity_rank(const ItemId& item, const UserId* without) const;
  // The same by the counts of this memory, but less what the user had touched by `then`, and with ties for the item.
  std::optional<std::size_t> popularity_rank_then(const ItemId& item, const UserId* without,
                                                  const StreamMemory& then) const;

  // Items are numbered in the order in which they were met; kNoNumber for one that was not.
  static constexpr std::uint32_t kNoNumber = 0xffffffff;
  std::uint32_t number_of(const ItemId& item) const;
  // −log2 of the item's share of all events; one event is assumed for an unknown one. Requires an event.
  double surprise(std::uint32_t number) const;
  const UserSketches& sketches() const { return sketches_; }

 private:
  struct Touch {
    std::uint32_t number;
    std::string user;
  };
  void count(const Touch& touch);

  absl::flat_hash_map<std::string, std::uint32_t> numbers_;
  std::vector<ItemId> names_;                  // by number
  std::vector<std::uint32_t> counts_;          // by number
  std::vector<std::uint32_t> items_at_least_;  // [c]: items met at least c times; [0] is not used
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::uint32_t>> touched_;
  std::uint64_t events_ = 0;
  bool frozen_ = false;
  std::vector<Touch> waiting_;  // met while frozen
  bool with_sketches_;
  UserSketches sketches_;
};

}  // namespace millrace
