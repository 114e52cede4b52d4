// The state directory's lock, as RocksDB takes it, for commands that must not run beside the service and do not open
// the store themselves.
#pragma once

#include <string>

#include "core/result.h"

namespace millrace {

inline constexpr const char* kLockFile = "LOCK";

// Holds the lock until it is destroyed. Writes no byte: where nothing was ever opened there is no lock to take, and
// none is made.
class DirectoryLock {
 public:
  // kLocked where another process holds it, by its number.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

// Renames and removals in the directory survive a power cut afterwards.
Status sync_directory(const std::string& directory);

}  // namespace millrace
