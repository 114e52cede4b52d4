// What is kept of one user, table `users`, and its bytes (docs/formats.md, "user"). A plain value; user_update.h
// changes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/example.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "features/decay.h"

namespace millrace {

struct UserState {
  UserIndex index{};
  std::uint64_t session = 0;      // number of the newest session; 0: none yet
  std::uint64_t session_key = 0;  // hash of the id it was given; 0: cut by gaps
  Millis first_seen;
  Millis last_seen;
  std::uint32_t interactions = 0;  // ever, returns not counted
  double rating_sum = 0.0;
  std::uint32_t rating_count = 0;
  Millis reference;                     // of the decayed counters (decay.h)
  std::vector<double> kinds;            // decayed counter by KindIndex, stored form; missing at the end: 0
  std::vector<WeightedKey> categories;  // by category_hash(), stored form
  std::vector<Interaction> history;     // oldest first
  std::vector<std::uint64_t> sessions;  // of each interaction of `history`
  std::vector<SeenItem> seen;           // by item index
  std::vector<float> seen_units;        // of each entry of `seen`: units touched or bought less returned, above 0

  float mean_rating() const {
    return rating_count == 0 ? 0.0F : static_cast<float>(rating_sum / static_cast<double>(rating_count));
  }
  std::size_t memory_bytes() const;
  bool operator==(const UserState&) const = default;
};

std::string encode_user(const UserState& user);
// kCorruption for bytes that encode_user() cannot have written.
Result<UserState> decode_user(std::string_view bytes);

}  // namespace millrace
