// The base of list versions: version = base + step, kept in the store, never going back (docs/decisions/0003); and the
// store's identity, by which the group's offsets tell whose state they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"
#include "core/time.h"
#include "store/store.h"

namespace millrace {

class Versions {
 public:
  // Reads the base, 0 where the store has none yet, and the identity; a store without one gets one, put into `batch`.
  static Result<Versions> open(const Store& store, WriteBatch& batch);

  std::uint64_t base() const { return base_; }
  // Drawn at random when the store was created.
  const std::string& identity() const { return identity_; }
  // Makes sure that every version after `last_step` exceeds the wall clock in microseconds and `published`, the newest
  // that the group knows of. To be called whenever reading begins: the store may be an older one than that which
  // published last. A base never goes down. Puts a new base into `batch`.
  void raise(std::uint64_t published, std::uint64_t last_step, Millis now, WriteBatch& batch);

 private:
  Versions(std::uint64_t base, std::string identity) : base_(base), identity_(std::move(identity)) {}
  std::uint64_t base_;
  std::string identity_;
};

// What goes with committed offsets: the newest version, and the identity of the store that the offsets are of.
struct GroupNote {
  std::uint64_t version = 0;
  std::string store;
  bool operator==(const GroupNote&) const = default;
};
std::string write_note(const GroupNote& note);
// Zero and empty where the text is not one of ours, or of a version that did not name its store.
GroupNote read_note(std::string_view text);

}  // namespace millrace
