// The base of list versions: version = base + step, kept in the store, never going back (docs/decisions/0003).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/time.h"
#include "store/store.h"

namespace millrace {

class Versions {
 public:
  // Reads the base; a store without one, and one that may be older than what was published from it, gets the wall clock
  // in microseconds, put into `batch`.
  static Result<Versions> open(const Store& store, Millis now, WriteBatch& batch);

  std::uint64_t base() const { return base_; }
  // Makes sure that every version after `last_step` exceeds `published`, the newest that the group knows of. A rewound
  // store always gets a new base, for its steps were counted before. Puts a new base into `batch`; returns whether
  // there is one.
  bool raise(std::uint64_t published, bool rewound, std::uint64_t last_step, Millis now, WriteBatch& batch);

 private:
  explicit Versions(std::uint64_t base) : base_(base) {}
  void set(std::uint64_t base, WriteBatch& batch);
  std::uint64_t base_;
};

// Gives the lists that are still to be delivered versions of the present base: where it is new, what was published
// since they were made may have higher ones than theirs.
Status renew_undelivered(const Store& store, const Versions& versions, WriteBatch& batch);

// The note that goes with committed offsets, and the newest version that a note names (0 where it is not one of ours).
std::string version_note(std::uint64_t newest_version);
std::uint64_t read_version_note(std::string_view note);

}  // namespace millrace
