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
  // Reads the base; 0 where the store has none yet.
  static Result<Versions> open(const Store& store);

  std::uint64_t base() const { return base_; }
  // Makes sure that every version after `last_step` exceeds the wall clock in microseconds and `published`, the newest
  // that the group knows of. To be called whenever reading begins: the store may be an older one than that which
  // published last. A base never goes down. Puts a new base into `batch`.
  void raise(std::uint64_t published, std::uint64_t last_step, Millis now, WriteBatch& batch);

 private:
  explicit Versions(std::uint64_t base) : base_(base) {}
  std::uint64_t base_;
};

// The note that goes with committed offsets, and the newest version that a note names (0 where it is not one of ours).
std::string version_note(std::uint64_t newest_version);
std::uint64_t read_version_note(std::string_view note);

}  // namespace millrace
