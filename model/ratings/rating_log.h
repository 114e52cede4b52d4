// The newest ratings, for learning some of them again: a ring.
//
// Row "l": docs/formats.md, "ratings".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/random.h"
#include "core/result.h"
#include "model/families/family.h"

namespace millrace {

struct LoggedRating {
  UserIndex user{};
  ItemIndex item{};
  float rating = 0.0F;
  bool operator==(const LoggedRating&) const = default;
};

class RatingLog {
 public:
  explicit RatingLog(std::size_t capacity) : capacity_(capacity) {}

  std::size_t size() const { return ratings_.size(); }
  void append(const LoggedRating& rating);
  // Uniform. Requires that there is one.
  const LoggedRating& draw(Random& random) const { return ratings_[random.below(ratings_.size())]; }

  void save(std::string_view table, const RowSink& sink, bool all);
  Status load(std::string_view key, std::string_view value);
  // All rows are in. `appended` is how many ratings were ever appended.
  Status loaded(std::uint64_t appended);
  std::uint64_t memory_bytes() const { return ratings_.capacity() * sizeof(LoggedRating); }

 private:
  std::size_t capacity_;
  std::vector<LoggedRating> ratings_;  // by slot
  std::uint64_t appended_ = 0;
  std::uint64_t saved_ = 0;  // as many had been appended at the last save
};

}  // namespace millrace
