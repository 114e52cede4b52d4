// The floor beside every evaluation: all items ordered by how often they were met so far, ties counted against the
// target. Also what the evaluation itself remembers of the stream: which items are known, and who touched what.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"

namespace millrace {

class StreamMemory {
 public:
  void learn(const UserId& user, const ItemId& item);
  bool knows(const ItemId& item) const { return numbers_.contains(item.bytes); }
  bool touched(const UserId& user, const ItemId& item) const;
  bool knows_user(const UserId& user) const { return touched_.contains(user.bytes); }
  std::size_t items() const { return counts_.size(); }

  // How many items other than `item` were met at least as often, those `without` touched left out; absent for an
  // unknown item. Constant time, but for the user's items.
  std::optional<std::size_t> popularity_rank(const ItemId& item, const UserId* without) const;

  // −log2 of the item's share of all events; one event is assumed for an unknown one. Requires an event.
  double surprise(const ItemId& item) const;

 private:
  absl::flat_hash_map<std::string, std::uint32_t> numbers_;
  std::vector<std::uint32_t> counts_;          // by number
  std::vector<std::uint32_t> items_at_least_;  // [c]: items met at least c times
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::uint32_t>> touched_;
  std::uint64_t events_ = 0;
};

}  // namespace millrace
